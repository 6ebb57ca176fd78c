"""Reads announcements with parsers of others and prints what they found, as JSON: `xml.etree` for the feed and the page,
`html.parser` for the page, `json` for the rest, and `feedparser` if it can be imported."""

import json
import pathlib
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

try:
    import feedparser
except ImportError:
    feedparser = None

ATOM = "{http://www.w3.org/2005/Atom}"
folder = pathlib.Path(sys.argv[1])


def one(element, name):
    found = element.findall(ATOM + name)
    assert len(found) == 1, f"{len(found)} of {name}"
    return found[0]


def text(element):
    return " ".join("".join(element.itertext()).split())


def atom():
    feed = ET.fromstring((folder / "feed.atom").read_bytes())
    assert feed.tag == ATOM + "feed"
    for name in ("id", "title", "updated"):
        one(feed, name)
    one(one(feed, "author"), "name")
    entries = []
    for e in feed.findall(ATOM + "entry"):
        links = [(link.get("rel"), link.get("href")) for link in e.findall(ATOM + "link")]
        for _, href in links:
            assert (folder / href.split("#")[0]).exists(), href
        entries.append({
            "id": one(e, "id").text,
            "title": one(e, "title").text,
            "published": one(e, "published").text,
            "updated": one(e, "updated").text,
            "content": text(one(e, "content")),
            "links": links,
        })
    return {"id": one(feed, "id").text, "title": one(feed, "title").text, "updated": one(feed, "updated").text,
            "entries": entries}


def by_feedparser():
    if feedparser is None:
        return None
    feed = feedparser.parse((folder / "feed.atom").read_bytes())
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10"
    return [{"id": e.id, "title": e.title, "published": e.published, "updated": e.updated} for e in feed.entries]


class Page(HTMLParser):
    """What a browser would make of it, as far as this parser knows: elements by name, ids, links, and what is shown."""

    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.shown, self.hidden = [], [], [], [], 0

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.hidden += tag in ("style", "head")
        for name, value in attributes:
            if name == "id":
                self.ids.append(value)
            if name in ("href", "src", "action"):
                self.links.append(value)
            assert not name.startswith("on"), name

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "head")

    def handle_data(self, data):
        if not self.hidden:
            self.shown.append(data)


def page():
    raw = (folder / "index.html").read_text("utf-8")
    ET.fromstring(raw.split("\n", 1)[1])
    page = Page()
    page.feed(raw)
    page.close()
    for link in page.links:
        file, _, anchor = link.partition("#")
        assert ":" not in link, link
        assert (folder / file).exists() if file else anchor in page.ids, link
    assert len(page.ids) == len(set(page.ids))
    return {"tags": sorted(set(page.tags)), "ids": page.ids, "shown": " ".join("".join(page.shown).split())}


print(json.dumps({
    "atom": atom(),
    "feedparser": by_feedparser(),
    "page": page(),
    "feed": json.loads((folder / "feed.json").read_text("utf-8")),
    "cap": {p.stem: json.loads(p.read_text("utf-8")) for p in sorted((folder / "cap").glob("*.json"))},
}))
