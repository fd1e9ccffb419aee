"""SMTP on aiosmtpd's protocol, in the reactor that serves all endpoints."""
