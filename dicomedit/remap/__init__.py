"""Values from a spreadsheet or an XML document for the records of a whole archive."""
