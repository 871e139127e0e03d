# Worte des Imports einer Arbeitsmappe.

import-problem-choice = „{$value}“ ist hier nicht vorgesehen; möglich sind: {$allowed}.
import-problem-day = „{$value}“ ist kein Tag; verstanden werden ein Datum, 27.11.2026 und 2026-11-27.
import-problem-number = „{$value}“ ist keine Zahl.
import-problem-negative = „{$value}“ ist kleiner als 0.
import-problem-whole = „{$value}“ ist keine ganze Zahl zwischen {$min} und {$max}.
import-problem-reference = „{$value}“ gibt es unter „{$table}“ nicht. Legen Sie den Eintrag zuerst an.
import-problem-formula = Die Formel ergibt einen Fehler ({$value}).
import-problem-no-sheet = In der Datei ist kein Blatt, das Kataster ausgegeben hat.
import-problem-column-twice = Diese Spalte steht zweimal im Blatt; löschen Sie die Kopie.
import-problem-no-id-column = Die Spalte mit den IDs fehlt; ohne sie ist keine Zeile zuzuordnen. Nehmen Sie eine Arbeitsmappe, in der sie steht.
import-problem-id-twice = Die ID „{$id}“ steht schon in Blatt „{$sheet}“, Zeile {$row}. Leeren Sie die ID der kopierten Zeile, wenn sie neu ist, oder löschen Sie die Kopie.
import-problem-unknown-id = Die ID „{$id}“ gibt es nicht. Lassen Sie die Zelle leer, wenn die Zeile neu ist.
import-problem-two-values = Dieselbe Angabe steht auch in Blatt „{$sheet}“, Zelle {$cell}, und dort anders.
import-problem-not-text = Die Tabellenkalkulation hat aus der Eingabe einen anderen Wert gemacht ({$value}). Geben Sie sie als Text ein, mit einem Apostroph davor.
import-problem-zone-moved = Die Zone dieses Netzes wird hier geändert; die übrigen Angaben gehören noch zur alten. Importieren Sie zuerst die Zone, dann den Rest aus einer neuen Ausgabe.
import-warning-no-base = Die Arbeitsmappe nennt keine Ausgabe, die hier bekannt ist. Jede Zelle wurde mit dem heutigen Stand verglichen; ob jemand anders sie inzwischen geändert hat, ist nicht zu erkennen.
import-warning-no-keys = Die verborgene Zeile mit den Schlüsseln fehlt; die Spalten wurden an ihren Überschriften erkannt.
import-ignored-tab = Dieses Blatt ist nicht von Kataster; es wurde nicht gelesen.
import-ignored-column = Die Spalte „{$heading}“ ist nicht von Kataster; sie wurde nicht gelesen.
import-ignored-new-row = Neue Zeilen sind in diesem Blatt nicht möglich: sie entstehen aus Beobachtungen oder mit kataster register set.
import-ignored-not-of-this-row = In dieser Zeile gibt es dazu nichts anzugeben.
import-ignored-observed = Dieser Wert wird beobachtet oder berechnet und lässt sich nicht von Hand ändern. Wenn er nicht stimmt, nutzen Sie die gelben Spalten der Zeile.
import-ignored-removed = Der Eintrag wurde inzwischen aus dem Register entfernt.
import-ignored-missing-rows = { $count ->
    [one] Eine Zeile der Ausgabe fehlt hier; gelöscht wird nichts.
   *[other] {$count} Zeilen der Ausgabe fehlen hier; gelöscht wird nichts.
}

# The report.
import-heading-errors = Fehler
import-heading-warnings = Hinweise
import-heading-changes = Änderungen
import-heading-conflicts = Konflikte: auf beiden Seiten geändert
import-heading-candidates = Neue Zeilen
import-heading-ignored = Nicht übernommen
import-and-more = und {$count} weitere
import-column-cell = Zelle
import-column-field = Angabe
import-column-before = Vorher
import-column-after = Jetzt
import-column-applied = Übernommen
import-column-conflict = Konflikt
import-column-base = Ausgegeben
import-column-in-workbook = Arbeitsmappe
import-column-in-register = Register
import-column-taken = Es gilt
import-taken-open = offen (bisher Register)
import-taken-workbook = Arbeitsmappe
import-taken-register = Register
import-column-candidate = Zeile
import-column-table = Art
import-column-name = Name
import-column-similar = Vielleicht schon da
import-column-accepted = Angelegt als
import-column-import = Import
import-column-at = Wann
import-column-by = Von
import-column-file = Datei
import-column-changes = Änderungen
import-column-open-conflicts = Offene Konflikte
import-column-open-candidates = Offene Zeilen
import-summary-errors = Nichts übernommen: {$errors} Fehler.
import-summary-dry-run = Nur geprüft: {$applied} Änderungen würden übernommen, {$conflicts} Konflikte, {$candidates} neue Zeilen, {$already} stehen schon so im Register.
import-summary-nothing = Nichts zu übernehmen; {$already} geänderte Angaben stehen schon so im Register.
import-summary-applied = {$import}: {$applied} Änderungen übernommen, {$conflicts} Konflikte offen, {$candidates} neue Zeilen. Zurück: kataster undo {$import}
import-summary-emptied = {$count} geleerte Zellen wurden nicht übernommen; mit --clear-emptied leeren sie auch das Register.
