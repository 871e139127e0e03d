# Words of the workbook.

## Words in cells
workbook-yes = yes
workbook-no = no
workbook-check = to be checked
workbook-unknown = unknown
workbook-not-assessed = not assessed
workbook-no-data = no data
workbook-nothing = none
workbook-reason-no-source = No source reported anything about this.

## Drop-down lists
workbook-kind-server = Server
workbook-kind-client = Workplace
workbook-kind-laptop = Laptop
workbook-kind-network-device = Network device
workbook-kind-printer = Printer
workbook-kind-telephone = Telephone
workbook-kind-mobile-device = Mobile device
workbook-kind-storage = Storage
workbook-kind-control = Plant control
workbook-classification-public = public
workbook-classification-internal = internal
workbook-classification-confidential = confidential
workbook-classification-strictly-confidential = strictly confidential
workbook-lifecycle-operating = in operation
workbook-lifecycle-retired = retired
workbook-need-normal = normal
workbook-need-high = high
workbook-need-very-high = very high
workbook-personal-data-special = special categories (Art. 9 GDPR)
workbook-review-noted = noted
workbook-review-check = to be checked
workbook-review-confirmed = confirmed
workbook-security-zone-public = public
workbook-security-zone-internal = internal
workbook-security-zone-secured = secured
workbook-security-zone-highly-secured = highly secured
workbook-column-source = Source
workbook-column-as-of = As of
