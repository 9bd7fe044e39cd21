"""Who may do what: tokens, scopes, tenancy."""
