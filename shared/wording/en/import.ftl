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
import-problem-two-values = The same statement stands in sheet “{$sheet}”, cell {$cell}, too, and differently there.
import-problem-not-text = The spreadsheet program made another value of what was typed ({$value}). Enter it as text, with an apostrophe before it.
import-problem-zone-moved = The zone of this network is changed here; the other statements still belong to the old one. Import the zone first, then the rest from a new export.
import-warning-no-base = The workbook names no export that is known here. Every cell was compared with today; whether somebody else changed it meanwhile cannot be told.
import-warning-no-keys = The hidden row of keys is missing; the columns were told by their headings.
import-ignored-tab = This sheet is not Kataster's; it was not read.
import-ignored-column = The column “{$heading}” is not Kataster's; it was not read.
import-ignored-new-row = New rows are not possible in this sheet: they come from observations or with kataster register set.
import-ignored-not-of-this-row = There is nothing to state about this in this row.
import-ignored-observed = This value is observed or computed and cannot be changed by hand. If it is wrong, use the yellow columns of the row.
import-ignored-removed = The entry was removed from the register meanwhile.
import-ignored-missing-rows = { $count ->
    [one] One row of the export is missing here; nothing is deleted.
   *[other] {$count} rows of the export are missing here; nothing is deleted.
}

# The report.
import-heading-errors = Errors
import-heading-warnings = Warnings
import-heading-changes = Changes
import-heading-conflicts = Conflicts: changed on both sides
import-heading-candidates = New rows
import-heading-ignored = Not taken over
import-and-more = and {$count} more
import-column-cell = Cell
import-column-field = Statement
import-column-before = Before
import-column-after = After
import-column-applied = Taken over
import-column-conflict = Conflict
import-column-base = Exported
import-column-in-workbook = Workbook
import-column-in-register = Register
import-column-taken = Holds
import-taken-open = open (register so far)
import-taken-workbook = workbook
import-taken-register = register
import-column-candidate = Row
import-column-table = Kind
import-column-name = Name
import-column-similar = May be there already
import-column-accepted = Created as
import-column-import = Import
import-column-at = When
import-column-by = By
import-column-file = File
import-column-changes = Changes
import-column-open-conflicts = Open conflicts
import-column-open-candidates = Open rows
import-summary-errors = Nothing taken over: {$errors} errors.
import-summary-dry-run = Only tried: {$applied} changes would be taken over, {$conflicts} conflicts, {$candidates} new rows, {$already} stand in the register already.
import-summary-nothing = Nothing to take over; {$already} changed statements stand in the register already.
import-summary-applied = {$import}: {$applied} changes taken over, {$conflicts} conflicts open, {$candidates} new rows. Back: kataster undo {$import}
import-summary-emptied = {$count} emptied cells were not taken over; with --clear-emptied they empty the register too.
