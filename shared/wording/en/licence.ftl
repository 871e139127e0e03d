# The licence balance and the import of licence lists.

licence-column-state = State
licence-column-entitled-in-total = Entitled in total
licence-column-used = In use
licence-see = see {$code}

licence-state-even = Even
licence-state-surplus = Surplus
licence-state-short = Short
licence-state-free = Free of charge
licence-state-entitled-not-stated = Quantity not stated
licence-state-not-counted = Not counted
licence-state-no-entitlement = No entitlement known

licence-reason-no-entitlement = No entitlement is recorded. That does not mean that there is none.
licence-reason-entitled-not-stated = For how many the entitlement is good is not stated.
licence-reason-metric-not-stated = What the licence counts (metric) is not stated.
licence-reason-no-software-read = The installed software was read from no machine.
licence-reason-not-recognised = No installed product has this name. State under “packages” which packages are meant.
licence-reason-users-not-seen = Machines do not show whom a licence is assigned to. State “assigned”.
licence-reason-concurrent-not-seen = How many work at the same time only the licence server knows. State the highest number under “assigned”.
licence-reason-cores-not-known = { $count ->
    [one] The cores of one of the machines are not known.
   *[other] The cores of {$count} of the machines are not known.
}
licence-reason-assignment-not-stated = Machines do not show whom a subscription is assigned to. State “assigned” or import the provider's list.
licence-reason-too-great = The numbers are too great to be subtracted.

licence-hint-said-to-need-one = Said to need a licence on the sheet “Software”.
licence-hint-stated-on = In use: stated, as of {$day}; not observed.
licence-hint-stated = In use: stated, without a date; not observed.
licence-hint-unread = { $count ->
    [one] The software of one more machine was not read; there may be more.
   *[other] The software of {$count} more machines was not read; there may be more.
}
licence-hint-cores = Counted are the cores that the machine sees; least quantities of the maker are not included.
licence-hint-access = Access licences: {$entitled} entitled, {$assigned} assigned.
licence-hint-access-not-known = Access licences: cannot be compared, because their number or those assigned are not stated.
licence-hint-not-valid = Does not hold today and is not counted: {$codes}.
licence-hint-this-not-valid = Does not hold today and is not counted.
licence-hint-shared = The same installations are also counted by {$codes}.

licence-problem-encoding = The characters of the file cannot be read. Save it as CSV in UTF-8.
licence-problem-quotation = A quotation is not closed.
licence-problem-behind-quotation = Text follows behind the closing quotation mark.
licence-problem-control-character = There is a control character here.
licence-problem-too-many-fields = The line has more than 200 fields.
licence-problem-too-many-records = The list has more than 20,000 lines.
licence-problem-too-large = The file is larger than 16 MiB.
licence-problem-no-head = No line with headings was found. Needed are at least the headings “Product” and “Quantity” (German “Produkt” and “Menge”), parted by semicolon, comma or tabulator; each heading stands in a field of its own.
licence-problem-no-product-column = The column of the product is missing (heading “Product” or “Produkt”).
licence-problem-no-quantity-column = The column of the quantity is missing (heading “Quantity”, “Menge” or “Anzahl”).
licence-problem-no-product = The line names no product.
licence-problem-field-without-heading = There is no heading for this value. Perhaps a sign in the text parts the fields: put it into quotation marks.
licence-problem-day-two-ways = “{$value}” can be read as two different days. Write 2026-11-27 or 27.11.2026.
licence-warning-contract-not-found = The register does not know the contract “{$name}” (code, name or number); the licence lacks it. Add it and read the list again.
licence-warning-provider-not-found = The register does not know the provider “{$name}” (code or name); the licence lacks it. Add it and read the list again.
licence-warning-expired = {$count} licences of this line are over by the list. The total is taken as it stands there; check it.
licence-warning-also-stated = The same product stands in the register already under {$code}. Both entitlements are added up if they have the same metric; remove one if the same is meant.
