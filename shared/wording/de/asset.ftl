# Words: asset.
