# Beurteilungen: wie vollständig ein Rechner gelesen wurde, was Listen nennen, was einem Agenten fehlt.

## Vollständigkeit
assess-completeness = Vollständigkeit: {$percent} % ({$answered} von {$sources} Quellen vollständig beantwortet)
assess-step-right = dem Agenten geben: {$needs}: +{$gain} % ({$sources})
assess-step-failure = Fehler klären: {$sources}: +{$gain} %
assess-step-slowness = klären, warum es zu lange dauert: {$sources}: +{$gain} %
assess-step-complaint = nicht Verstandenes ansehen: {$sources}: +{$gain} %

## Gäste und Wirte
assess-runs-on = Läuft auf: {$others}
assess-hosts = Beherbergt: {$others}

## Einstellungen und Listen auf der Befehlszeile
assess-settings-of = Einstellungen: {$subject}
assess-not-set = nicht gesetzt
assess-machines-of = {$list} ({$keeper}) nennt
assess-machine-active = in Gebrauch
assess-machine-idle = nicht in Gebrauch
assess-more-in-json = und {$count} weitere; -o json zeigt alle

## Rechner, die Listen nennen
assess-coverage-missing = nicht erfasst
assess-coverage-ambiguous = mehrere Assets passen
assess-coverage-possible = vielleicht erfasst
assess-coverage-seen-only = nur gesehen, nicht befragt
assess-coverage-scanned = gescannt, kein Agent
assess-coverage-reported = Agent berichtet
assess-coverage-not-expected = nicht mehr in Gebrauch
assess-matched-by-system-uuid = UUID des Geräts
assess-matched-by-mac = MAC-Adresse
assess-matched-by-full-name = Name mit Domäne
assess-matched-by-name-and-address = Name und Adresse
