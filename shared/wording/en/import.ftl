# Words of the import of a workbook.

import-problem-choice = “{$value}” is not provided for here; possible are: {$allowed}.
import-problem-day = “{$value}” is no day; understood are a date, 27.11.2026 and 2026-11-27.
import-problem-number = “{$value}” is no number.
import-problem-negative = “{$value}” is less than 0.
import-problem-whole = “{$value}” is no whole number between {$min} and {$max}.
import-problem-reference = There is no “{$value}” under “{$table}”. Create the entry first.
import-problem-formula = The formula yields an error ({$value}).
import-problem-no-sheet = The file has no sheet that Kataster wrote.
import-problem-column-twice = This column stands in the sheet twice; delete the copy.
import-problem-no-id-column = The column of ids is missing; without it no row can be told. Take a workbook that has it.
import-problem-id-twice = The id “{$id}” stands in sheet “{$sheet}”, row {$row}, already. Empty the id of the copied row if it is new, or delete the copy.
import-problem-unknown-id = There is no id “{$id}”. Leave the cell empty if the row is new.
import-warning-no-base = The workbook names no export that is known here. Every cell was compared with today; whether somebody else changed it meanwhile cannot be told.
import-warning-no-keys = The hidden row of keys is missing; the columns were told by their headings.
import-ignored-tab = This sheet is not Kataster's; it was not read.
import-ignored-column = The column “{$heading}” is not Kataster's; it was not read.
import-ignored-new-row = Rows of this sheet come from observations; a new one cannot be made by hand.
import-ignored-not-of-this-row = There is nothing to state about this in this row.
import-ignored-observed = This value is observed or computed and cannot be changed by hand. If it is wrong, use the yellow columns of the row.
import-ignored-removed = The entry was removed from the register meanwhile.
import-ignored-missing-rows = { $count ->
    [one] One row of the export is missing here; nothing is deleted.
   *[other] {$count} rows of the export are missing here; nothing is deleted.
}
