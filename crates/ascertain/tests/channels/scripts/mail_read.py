"""Reads a message with Python's email package; prints subject, name, address, text and HTML as lines of hex."""
import email
import email.policy
import sys

with open(sys.argv[1], "rb") as file:
    message = email.message_from_binary_file(file, policy=email.policy.default)
defects = list(message.defects) + [d for part in message.walk() for d in part.defects]
defects += [d for value in message.values() for d in getattr(value, "defects", ())]
if defects:
    sys.exit(f"defects: {defects}")
to = message["To"].addresses[0]
text, html = message.iter_parts()
for words in (message["Subject"], to.display_name, to.addr_spec, text.get_content(), html.get_content()):
    print(words.replace("\r\n", "\n").encode().hex())
