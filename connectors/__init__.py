"""Which connectors are there, and where is each one's class?

The registry reads this table; nothing else imports a connector. To add one: a module here, its line below, its tests.
"""

CONNECTORS: dict[str, str] = {
    "command_report_importer": "connectors.command_reporter.importer:CommandReportImporter",
    "command_reporter": "connectors.command_reporter:CommandReporter",
    "drop_folder": "connectors.drop_folder:DropFolder",
    "oneroster": "connectors.oneroster:OneRoster",
    "oneroster_csv": "connectors.oneroster_csv:OneRosterCsv",
    "proforma_api": "connectors.proforma_api:ProformaApi",
    "proforma_workbook": "connectors.proforma_workbook:ProformaWorkbook",
    "wonde": "connectors.wonde:Wonde",
    "memory": "connectors.memory:MemorySource",
    "mail_folder": "connectors.mail_folder:MailFolder",
    "microsoft_graph": "connectors.microsoft_graph:MicrosoftGraph",
    "smtp": "connectors.smtp:Smtp",
}

# The ways into SIMS. A system that can be read too has the same name in both tables.
DESTINATIONS: dict[str, str] = {
    "assessment_file": "connectors.assessment_file:AssessmentFile",
    "memory": "connectors.memory_destination:MemoryDestination",
    "oneroster": "connectors.oneroster.results:OneRosterResults",
}
