# Words of the collector's command line.
