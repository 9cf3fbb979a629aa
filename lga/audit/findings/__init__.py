"""What an audit of the paper, its spreadsheet and its code turns up, each finding measured here."""
