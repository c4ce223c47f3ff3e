"""Sessions, token logins, the second factor and the pages of them."""
