"""Certificates, CMS, revocation and time-stamps. Knows nothing of PDF; fetching is a port."""
