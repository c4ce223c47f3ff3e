"""Brings the data of the old five services over: `manage.py importlegacy --dsn`."""
