# Warum etwas nicht da ist. Quellen, Felder und Gründe; vom Agenten und von der Arbeitsmappe benutzt.

absent-not-here = nicht vorhanden ({$place})
absent-not-allowed = nicht lesbar: {$what}; braucht {$needs}
absent-failed = fehlgeschlagen: {$doing}: {$cause}
absent-timed-out = keine Antwort in {$after} ms: {$doing}
absent-not-looked-at = nicht angesehen: {$why} ({$what})

## Rechte
absent-privilege-group = die Mitgliedschaft in einer Gruppe
absent-privilege-ptrace = das Recht CAP_SYS_PTRACE
absent-privilege-read-all = das Recht CAP_DAC_READ_SEARCH
absent-privilege-root = Administratorrechte (root)

## Quellen
absent-source-accounts-accounts = Konten
absent-source-accounts-groups = Gruppen
absent-source-agent-condition = Zustand des Agenten
absent-source-certificates-served = Zertifikate der Ports
absent-source-hardware-disks = Datenträger
absent-source-hardware-memory = Arbeitsspeicher
absent-source-hardware-processor = Prozessor
absent-source-hardware-smbios = Hersteller, Modell, Seriennummer und BIOS (SMBIOS)
absent-source-network-connections = Verbindungen
absent-source-network-interfaces = Netzadapter
absent-source-network-neighbours = Nachbarn im Netz
absent-source-network-resolvers = DNS-Server
absent-source-network-routes = Routen
absent-source-network-ssh-host-keys = Schlüssel des SSH-Servers
absent-source-services-listeners = lauschende Ports
absent-source-services-units = Dienste
absent-source-software-dpkg = Pakete (dpkg)
absent-source-system-boot = Systemstart
absent-source-system-file-systems = Dateisysteme
absent-source-system-free-space = freier Platz
absent-source-system-host-name = Rechnername
absent-source-system-init = Dienstverwaltung
absent-source-system-installation = Kennung der Installation
absent-source-system-kernel = Kernel
absent-source-system-operating-system = Betriebssystem
absent-source-system-virtualisation = Virtualisierung

## Felder, die eine Quelle nicht sehen konnte
absent-field-account-is-administrator = Adminrechte des Kontos
absent-field-account-is-expired = Ablauf des Kontos
absent-field-account-password = Zustand des Kennworts
absent-field-account-password-never-expires = Ablauf des Kennworts
absent-field-base-board-serial = Seriennummer der Hauptplatine
absent-field-certificate = Zertifikate
absent-field-chassis-serial = Seriennummer des Gehäuses
absent-field-connection = Verbindungen
absent-field-connection-process = Programm hinter der Verbindung
absent-field-disk-firmware = Firmware des Datenträgers
absent-field-disk-model = Modell des Datenträgers
absent-field-disk-serial = Seriennummer des Datenträgers
absent-field-disk-world-wide-name = WWN des Datenträgers
absent-field-file-system-size = Größe des Dateisystems
absent-field-free-space = freier Platz
absent-field-listener = lauschende Ports
absent-field-listener-account = Konto des Prozesses
absent-field-listener-executable = Programmdatei
absent-field-listener-package = Paket des Programms
absent-field-listener-process = Prozess hinter dem Port
absent-field-listener-unit = Dienst des Prozesses
absent-field-memory-module = Speichermodule
absent-field-memory-module-size = Größe des Speichermoduls
absent-field-processor-microcode = Microcode des Prozessors
absent-field-service-account = Konto des Dienstes
absent-field-service-is-running = ob der Dienst läuft
absent-field-service-package = Paket des Dienstes
absent-field-service-start-mode = Startart des Dienstes
absent-field-ssh-host-key = Schlüssel des SSH-Servers
absent-field-system-product = Modell des Systems
absent-field-system-product-serial = Seriennummer des Systems
absent-field-system-product-uuid = UUID des Systems

## Warum etwas absichtlich nicht angesehen wurde
absent-not-looked-at-bound-elsewhere = an eine andere Adresse gebunden
absent-not-looked-at-client-ports = Portbereich für ausgehende Verbindungen
absent-not-looked-at-first-process = Prozess 1 hält den Port, oder er könnte ihn halten; eine Verbindung könnte einen Dienst starten
absent-not-looked-at-foreign-program = fremdes Programm
absent-not-looked-at-in-container = gehört zu einem Container
absent-not-looked-at-observing-process = eigene Ports des beobachtenden Programms
absent-not-looked-at-one-shot = Dienst, der seine Arbeit tut und endet
absent-not-looked-at-other-init-system = nichts auf diesem System folgt den Startskripten; Prozess 1 ist ein anderes Programm
absent-not-looked-at-other-network-namespace = eigener Netzbereich (Container)
absent-not-looked-at-own-connections = Verbindungen des Systems mit sich selbst
absent-not-looked-at-plain-text-first = das Protokoll beginnt ohne TLS
absent-not-looked-at-print-port = Druckeranschluss, der die Anfrage drucken würde
absent-not-looked-at-program-replaced = Programmdatei seit dem Start ersetzt
absent-not-looked-at-remote-file-system = Dateisystem im Netz
absent-not-looked-at-shared-pool = gemeinsamer Speicherbereich
absent-not-looked-at-start-script = aus einem Startskript allein nicht zu erkennen
absent-not-looked-at-switched-off = in der Konfiguration abgeschaltet
absent-not-looked-at-virtual-disk = virtueller Datenträger
