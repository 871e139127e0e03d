# Words: sheets.
sheets-systems = IT-Systeme
sheets-systems-subtitle = Server, Arbeitsplätze und Netzkomponenten mit Hardware, Betriebssystem und Zuständigkeit
sheets-systems-empty = Noch kein System erfasst. Agenten melden an: kataster agent token create
sheets-column-id = ID
sheets-column-name = Name
sheets-column-serial = Seriennummer
sheets-column-last-seen = zuletzt gesehen
