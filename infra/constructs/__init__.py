"""One construct per file, composed by :mod:`infra.stack`."""
