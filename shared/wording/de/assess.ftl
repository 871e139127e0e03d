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
assess-managed-by = Fernwartungscontroller (BMC): {$others}
assess-manages = Ist Fernwartungscontroller von: {$others}

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

## Wie es Agenten geht
assess-health-silent = verstummt
assess-health-never-reported = hat nie berichtet
assess-health-refused = abgewiesen
assess-health-impaired = berichtet mit Störungen
assess-health-not-enrolled = installiert, nicht angemeldet
assess-health-well = berichtet
assess-health-revoked = gesperrt
assess-reason-awaits-approval = wartet auf die Freigabe durch eine Person
assess-reason-quarantined = zwei Rechner sprechen mit seinem Schlüssel
assess-reason-certificate-expired = sein Zertifikat ist abgelaufen
assess-reason-clock-off = seine Uhr geht stark falsch
assess-reason-turned-away = die Sammelstelle hat ihn abgewiesen
assess-reason-agent-stopped = der Rechner läuft: Der Agent läuft nicht oder erreicht die Sammelstelle nicht
assess-reason-off = ausgeschaltet oder nicht erreichbar
assess-reason-long-absence = längere Abwesenheit, etwa Urlaub
assess-reason-vpn-only = außerhalb der Netze des Unternehmens (nur VPN)
assess-reason-sources-fail = viele seiner Quellen scheitern
assess-why-last-heard = letzter Bericht {$at}; {$missed} Berichte ausgeblieben
assess-why-enrolled = angemeldet {$at}
assess-why-certificate = Zertifikat endete {$at}
assess-why-skew = seine Uhr weicht um {$minutes} Minuten ab
assess-why-turned-away = abgewiesen {$at}: {$code}
assess-why-seen = andere sahen {$address} {$at}
assess-why-asked = ein Scan fragte {$address} {$at}: keine Antwort
assess-why-unseen = seither hat ihn niemand gesehen, und kein Scan hat ihn gefragt
assess-why-habit = zuvor berichtete er an {$days} von {$of} Tagen
assess-why-outside = keine seiner letzten Adressen liegt in einem Netz des Registers
assess-why-sources = {$failed} von {$of} Quellen gescheitert

## Datenqualität
assess-quality-silent-agents = Verstummter Agent
assess-quality-silent-agents-remedy = Blatt Agenten oder kataster agent list --health: Dort steht der wahrscheinliche Grund.
assess-quality-incomplete = System, von dem der Agent weniger als 80 % lesen konnte
assess-quality-incomplete-remedy = Blatt Agenten oder kataster asset show: Dort steht, was am meisten bringt.
assess-quality-missing = Rechner, den eine Liste nennt und niemand erfasst hat
assess-quality-missing-remedy = Blatt Abdeckung: Agent installieren, Netz scannen oder Liste bereinigen.
