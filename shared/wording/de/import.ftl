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
import-warning-no-base = Die Arbeitsmappe nennt keine Ausgabe, die hier bekannt ist. Jede Zelle wurde mit dem heutigen Stand verglichen; ob jemand anders sie inzwischen geändert hat, ist nicht zu erkennen.
import-warning-no-keys = Die verborgene Zeile mit den Schlüsseln fehlt; die Spalten wurden an ihren Überschriften erkannt.
import-ignored-tab = Dieses Blatt ist nicht von Kataster; es wurde nicht gelesen.
import-ignored-column = Die Spalte „{$heading}“ ist nicht von Kataster; sie wurde nicht gelesen.
import-ignored-new-row = Zeilen dieses Blatts entstehen aus Beobachtungen; eine neue ist von Hand nicht möglich.
import-ignored-not-of-this-row = In dieser Zeile gibt es dazu nichts anzugeben.
import-ignored-observed = Dieser Wert wird beobachtet oder berechnet und lässt sich nicht von Hand ändern. Wenn er nicht stimmt, nutzen Sie die gelben Spalten der Zeile.
import-ignored-removed = Der Eintrag wurde inzwischen aus dem Register entfernt.
import-ignored-missing-rows = { $count ->
    [one] Eine Zeile der Ausgabe fehlt hier; gelöscht wird nichts.
   *[other] {$count} Zeilen der Ausgabe fehlen hier; gelöscht wird nichts.
}
