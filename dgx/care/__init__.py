"""What keeps a chain's data safe: backup, restore, and a doctor that says what is wrong and how to mend it."""
