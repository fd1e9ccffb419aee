"""SMTP on aiosmtpd's protocol, on a loop of its own."""
