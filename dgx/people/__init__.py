"""How people prove who they are: sessions of browsers, token logins, the second factor, one's own account."""
