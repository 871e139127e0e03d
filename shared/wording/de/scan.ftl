# Wörter der Netz-Scans.


## Before and during
scan-estimate = {$addresses ->
    [one] Eine Adresse
   *[other] {$addresses} Adressen
}, etwa {$packets ->
    [one] ein Paket
   *[other] {$packets} Pakete
}, etwa {$seconds} s bei {$rate} Paketen/s
scan-estimate-without-packets = {$addresses ->
    [one] Eine Adresse
   *[other] {$addresses} Adressen
}; wie lange es dauert, hängt davon ab, was antwortet
scan-stopping = Der Scan wird angehalten; was gefunden wurde, bleibt erhalten …
scan-phase-discovery = Es wird gesucht, was antwortet …
scan-phase-ports = Offene Ports werden gesucht …
scan-phase-services = Dienste werden befragt …
scan-phase-paths = Wege werden verfolgt …
scan-phase-reconciling = Ergebnisse werden zusammengeführt …

## Columns
scan-column-addresses = Adressen
scan-column-found = Gefunden
scan-column-hops = Stationen
scan-column-kind = Art
scan-column-name = Name
scan-column-networks = Netze
scan-column-next = Nächster Lauf
scan-column-packets = Pakete
scan-column-plan = Plan
scan-column-profile = Profil
scan-column-run = Lauf
scan-column-seen = Gesehen durch
scan-column-services = Dienste
scan-column-started = Begonnen
scan-column-state = Zustand
scan-column-system = System
scan-column-vantage = Von
scan-column-vendor = Hersteller und Modell
scan-column-when = Wann
scan-column-window = Zeitfenster

## Kinds of devices
scan-kind-access-point = WLAN-Zugangspunkt
scan-kind-camera = Kamera
scan-kind-client = Arbeitsplatz
scan-kind-control = Steuerung
scan-kind-firewall = Firewall
scan-kind-hypervisor = Virtualisierungshost
scan-kind-laptop = Notebook
scan-kind-mobile = Mobilgerät
scan-kind-network-device = Netzkomponente
scan-kind-phone = Telefon
scan-kind-printer = Drucker
scan-kind-router = Router
scan-kind-server = Server
scan-kind-storage = Netzspeicher
scan-kind-switch = Switch
scan-kind-unknown = unbekannt
scan-kind-ups = USV

## How a device is known
scan-seen-agent = Agent
scan-seen-neighbour-table = Nachbartabelle, nicht angesprochen
scan-seen-path = auf einem Weg
scan-seen-scan = Scan

## States of a run
scan-state-complete = vollständig
scan-state-failed = fehlgeschlagen
scan-state-partial = unvollständig
scan-state-running = läuft
scan-state-waiting = wartet auf seinen Agenten

## Summary
scan-found-devices = {$devices ->
    [one] Ein Gerät
   *[other] {$devices} Geräte
}, {$services ->
    [one] ein Dienst
   *[other] {$services} Dienste
}, {$subnets ->
    [one] ein Netz
   *[other] {$subnets} Netze
}
scan-figures = {$answered} von {$addresses ->
    [one] einer Adresse
   *[other] {$addresses} Adressen
} haben geantwortet; {$packets ->
    [one] ein Paket
   *[other] {$packets} Pakete
} in {$seconds} s
scan-nothing-found = Nichts hat geantwortet.
scan-gaps = Was fehlt und warum
scan-gap-contact = in einer Nachbartabelle gesehen, nicht angesprochen
scan-gap-devices = {$count ->
    [one] ein Gerät
   *[other] {$count} Geräte
}
scan-collector = Sammelstelle

## Remarks on a run
scan-remark-interrupted = Er wurde abgebrochen; was bis dahin gefunden wurde, bleibt erhalten.
scan-remark-window_closed = Sein Zeitfenster endete; was bis dahin gefunden wurde, bleibt erhalten.
scan-remark-no_raw_sockets = Das Recht, eigene Pakete zu senden, fehlt: gefunden wurde nur, wohin sich verbinden lässt; ohne Hardwareadressen und Wege.
scan-remark-no_route = Zu { $what } der Adressen führt kein Weg.
scan-remark-raw_failed = Das Senden von Paketen schlug fehl: { $what }
scan-remark-proxy_arp = Ein Gerät antwortet für einen ganzen Adressbereich ({ $what }); eine Adresse dort zählt nur, wo noch etwas anderes antwortete.
scan-remark-gateway_silent = Der Router { $what } antwortet nicht; die Adressen hinter ihm (Anzahl in Klammern) wurden nicht gefragt.
scan-remark-duplicate_address = Zwei Geräte beanspruchen dieselbe Adresse: { $what }
scan-remark-no_way = { $what } war nicht mehr zu erreichen; seine Ports wurden nicht gefragt.
scan-remark-silent_ports = { $what } blieb stumm; die übrigen Ports wurden nicht mehr gefragt.
scan-remark-paths_failed = Die Wege zu den Geräten konnten nicht verfolgt werden: { $what }
scan-remark-own_capped = { $what } eigene Adressen der scannenden Maschine wurden nicht gefragt: ihr Loopback-Netz hat Millionen.
scan-remark-link_local = { $what } Adressen gelten nur auf ihrem Netzabschnitt (fe80::/10): sie antworteten und wurden nichts weiter gefragt.
scan-remark-host_failed = Das Befragen von { $what } brach durch einen Programmfehler ab; bekannt ist nur, was davor gefunden wurde.
scan-remark-connect_failed = Diese Maschine konnte nicht alle Verbindungen öffnen: { $what }
scan-remark-further_remarks = Weitere Anmerkungen derselben Art, nicht einzeln aufgeführt (Anzahl in Klammern): { $what }
scan-remark-not_permitted = Die Konfiguration des scannenden Agenten erlaubt es nicht: { $what }
scan-remark-stopped = Er wurde von einer Person angehalten; was bis dahin gefunden wurde, bleibt erhalten.
scan-remark-collector_ended = Die Sammelstelle wurde beendet; was bis dahin gefunden wurde, bleibt erhalten.
scan-remark-scanner_failed = Der Scanner konnte es nicht ausführen: { $what }
scan-remark-scanner_lost = Der Scanner-Prozess endete vorzeitig; was bis dahin gefunden wurde, bleibt erhalten.

## Reasons
scan-reason-failed = fehlgeschlagen
scan-reason-not-allowed = nicht erlaubt
scan-reason-not-here = nichts dergleichen
scan-reason-not-looked-at = absichtlich nicht gefragt
scan-reason-timed-out = keine Antwort
scan-changes = Anders als beim vorigen Lauf

## An address
scan-explain-plan = Der Plan {$plan} scannt sie (in {$network}).
scan-explain-plan-excluded = Der Plan {$plan} lässt sie aus: {$excluded} ist von {$network} ausgeschlossen.
scan-explain-no-plan = Kein Plan scannt sie.
scan-explain-answered = Lauf {$run} vom {$at} hat sie gefragt: sie antwortete.
scan-explain-silent = Lauf {$run} vom {$at} hat sie gefragt: keine Antwort.
scan-explain-facts = {$count ->
    [0] hat geantwortet, nichts dergleichen
    [one] hat geantwortet, ein Fakt
   *[other] hat geantwortet, {$count} Fakten
}

## Differences between runs
scan-change-address-changed = andere Adresse
scan-change-device-appeared = neues Gerät
scan-change-device-gone = verschwunden
scan-change-differences-not-listed = weitere Unterschiede, die nicht aufgeführt sind
scan-change-firmware-changed = andere Firmware
scan-change-hardware-address-changed = andere Hardwareadresse
scan-change-ports-closed = Ports geschlossen
scan-change-ports-opened = Ports geöffnet

## More remarks on a run
scan-remark-agent_silent = Der Agent hat zwei Tage nichts von sich hören lassen oder darf nicht mehr sprechen; was er bis dahin geliefert hat, ist aufbewahrt.
scan-remark-credentials_closed = Zugangsdaten des Plans lassen sich nicht öffnen, SNMP wurde ohne sie gefragt (wie viele: { $what }). Nach einer Wiederherstellung ohne Passphrase sind sie neu einzugeben.
scan-remark-part_not_taken = Die Sammelstelle hat Teil { $what } der Ergebnisse nicht angenommen; was sie vorher angenommen hat, ist aufbewahrt.
scan-remark-remarks_capped = Es gibt { $what } weitere Hinweise, die nicht aufgeführt sind.
