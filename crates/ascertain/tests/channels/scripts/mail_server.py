"""A real mail server for one test: mail_server.py starttls|implicit|plain CERTIFICATE KEY

Prints its port, then each accepted message as a line: sender, recipient, SHA-256 of the bytes. Ends when stdin ends.
User `clerk`, password `hunter2`; asked for under TLS only.
"""
import asyncio
import hashlib
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Keep:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, server, session, envelope):
        print(envelope.mail_from, envelope.rcpt_tos[0], hashlib.sha256(envelope.original_content).hexdigest(), flush=True)
        return "250 2.0.0 kept"


def authenticated(server, session, envelope, mechanism, data):
    good = data.login == b"clerk" and data.password == b"hunter2"
    return AuthResult(success=good, handled=good)


async def serve(mode, certificate, key):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    options = {"hostname": "localhost"}
    if mode != "plain":
        options |= {"authenticator": authenticated, "auth_required": True}
    if mode == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    if mode == "implicit":
        # It does not know that it is under TLS.
        options |= {"auth_require_tls": False}
    loop = asyncio.get_running_loop()
    outside = context if mode == "implicit" else None
    server = await loop.create_server(lambda: SMTP(Keep(), **options), "127.0.0.1", 0, ssl=outside)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(serve(*sys.argv[1:]))
