# Words: sheets.
