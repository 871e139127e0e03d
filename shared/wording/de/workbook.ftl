# Words of the workbook.

## Wörter in Zellen
workbook-yes = ja
workbook-no = nein
workbook-check = prüfen
workbook-unknown = unbekannt
workbook-not-assessed = nicht bewertet
workbook-no-data = keine Daten
workbook-nothing = keine
workbook-reason-no-source = Keine Quelle hat dazu etwas gemeldet.

## Auswahllisten
workbook-kind-server = Server
workbook-kind-client = Arbeitsplatz
workbook-kind-laptop = Notebook
workbook-kind-network-device = Netzkomponente
workbook-kind-printer = Drucker
workbook-kind-telephone = Telefon
workbook-kind-mobile-device = Mobilgerät
workbook-kind-storage = Speicher
workbook-kind-control = Steuerung
workbook-classification-public = offen
workbook-classification-internal = intern
workbook-classification-confidential = vertraulich
workbook-classification-strictly-confidential = streng vertraulich
workbook-lifecycle-operating = in Betrieb
workbook-lifecycle-retired = stillgelegt
workbook-need-normal = normal
workbook-need-high = hoch
workbook-need-very-high = sehr hoch
workbook-personal-data-special = besondere Kategorien (Art. 9 DSGVO)
workbook-review-noted = zur Kenntnis genommen
workbook-review-check = prüfen
workbook-review-confirmed = bestätigt
workbook-security-zone-public = öffentlich
workbook-security-zone-internal = intern
workbook-security-zone-secured = gesichert
workbook-security-zone-highly-secured = hochgesichert
workbook-column-source = Quelle
workbook-column-as-of = Stand
