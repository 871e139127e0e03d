# Words of the workbook.
