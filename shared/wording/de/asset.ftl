# Words: asset.

# Warum zwei Beobachter ein Objekt sind oder nicht.
asset-link-person = Von einer Person entschieden.
asset-link-decisions-contradict = Entscheidungen von Personen widersprechen einander; es gilt die neuere.
asset-link-strong-evidence = Zusammengeführt: Die Übereinstimmungen überwiegen, und beide haben nie zur selben Zeit berichtet.
asset-link-same-start = Zusammengeführt: Zwei Agenten haben während desselben Systemstarts derselben Installation berichtet.
asset-link-same-hardware = Zusammengeführt: Bauteile stimmen überein, die eine Kopie nicht mitnimmt.
asset-link-alive-together = Nicht zusammengeführt: Beide berichten zur selben Zeit; es ist eine Kopie oder ein baugleiches Gerät mit gleicher Kennung.
asset-link-shared-kernel = Nicht zusammengeführt: Container und Wirt oder zwei Container auf einem Wirt.
asset-link-outweighed = Nicht zusammengeführt: Die Abweichungen überwiegen.
asset-link-too-weak = Nicht zusammengeführt: Die Übereinstimmung sagt zu wenig aus.
asset-link-contradicts-member = Nicht zusammengeführt: Ein Beobachter, der schon zum Objekt gehört, widerspricht.
asset-link-same-device = Zusammengeführt: Was der Scan und der andere Beobachter zeigen, stimmt überein.
asset-link-same-address = Zusammengeführt: Beide hatten dieselbe Netzadresse zur selben Zeit, und nichts widerspricht.
asset-link-copied-identity = Nicht zusammengeführt: Zwei Geräte zeigen dieselbe Kennung; eines ist vermutlich eine Kopie des anderen.
asset-link-address-conflict = Nicht zusammengeführt: Zwei verschiedene Geräte hatten dieselbe Netzadresse zur selben Zeit.
asset-link-virtual-address = Nicht zusammengeführt: Die Adresse gehört einem Verbund (etwa VRRP) und wechselt zwischen dessen Geräten.
asset-link-agrees = Gleich: { $what }.
asset-link-differs = Verschieden: { $what }.
asset-link-score = Gewicht: { $score }.

asset-identifier-system-uuid = UUID des Geräts
asset-identifier-system-serial = Seriennummer des Geräts
asset-identifier-board-serial = Seriennummer der Hauptplatine
asset-identifier-chassis-serial = Seriennummer des Gehäuses
asset-identifier-installation = Installation des Betriebssystems
asset-identifier-permanent-mac = eingebrannte MAC-Adresse
asset-identifier-disk-serial = Seriennummer eines Datenträgers
asset-identifier-ssh-host-key = Schlüssel des SSH-Servers
asset-identifier-certificate = gezeigtes Zertifikat
asset-identifier-snmp-engine-id = SNMP-Engine-ID
asset-identifier-ntlm-name = Windows-Name
asset-identifier-device-uuid = Gerätekennung (UUID)
asset-identifier-device-serial = Seriennummer laut Scan
asset-identifier-link-mac = verwendete MAC-Adresse
asset-identifier-address = Netzadresse zur selben Zeit
asset-identifier-virtual-address = gemeinsame Adresse eines Verbunds
asset-identifier-boot = Systemstart

# Warum ein Agent mit seinem Schlüssel nicht weiter berichten darf.
asset-quarantine-another-machine = Der Schlüssel wird auf einem anderen Gerät verwendet als bei der Anmeldung.
asset-quarantine-two-lines = Zwei Geräte berichten mit demselben Schlüssel.
