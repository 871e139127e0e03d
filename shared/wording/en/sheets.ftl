# Words: sheets.
sheets-systems = IT systems
sheets-systems-subtitle = Servers, workplaces and network devices with hardware, operating system and responsibility
sheets-systems-empty = No system recorded yet. Enrol agents: kataster agent token create
sheets-column-id = ID
sheets-column-name = Name
sheets-column-serial = Serial number
sheets-column-last-seen = Last seen
