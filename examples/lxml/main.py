"""Parse a document with the system's libxml2."""

from lxml import etree

root = etree.fromstring("<shop><item price='3'/><item price='4'/></shop>")
print(sum(int(p) for p in root.xpath("//item/@price")), "with libxml2", *etree.LIBXML_VERSION)
