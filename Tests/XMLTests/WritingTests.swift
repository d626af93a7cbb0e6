import Testing
import XML

@Suite("Writing XML")
struct WritingTests {
    private static let namespaces = XMLNamespaces([("d", "DAV:"), ("c", "urn:c")])
    private let prop = XMLName(namespace: "DAV:", local: "prop")
    private let item = XMLName(namespace: "urn:c", local: "item")

    private func written(_ body: (XMLWriter) -> Void) -> String {
        let writer = XMLWriter(namespaces: WritingTests.namespaces)
        body(writer)
        return String(decoding: writer.takeBytes(), as: UTF8.self)
    }

    @Test("namespaces are declared once, on the root")
    func document() {
        let text = written { writer in
            writer.startDocument(prop)
            writer.element(item, "1")
            writer.end(prop)
        }
        #expect(
            text == """
                <?xml version="1.0" encoding="utf-8"?>
                <d:prop xmlns:d="DAV:" xmlns:c="urn:c"><c:item>1</c:item></d:prop>
                """)
    }

    @Test("an element without content is self-closed")
    func selfClosed() {
        let text = written { writer in
            writer.element(prop) { writer.text("") }
            writer.empty(item)
        }
        #expect(text == "<d:prop/><c:item/>")
    }

    @Test("an unknown namespace is declared where it is used; none stays none")
    func otherNamespaces() {
        let text = written { writer in
            writer.empty(XMLName(namespace: "urn:\"o\"", local: "a"))
            writer.empty(XMLName(namespace: "", local: "b"))
        }
        #expect(text == #"<x:a xmlns:x="urn:&quot;o&quot;"/><b/>"#)
    }

    @Test(arguments: [
        ("a<b>&\"c", "a&lt;b&gt;&amp;\"c"),
        ("x\r\ny\tz", "x&#13;\ny\tz"),
        ("\u{0}\u{1}\u{1F}", "\u{FFFD}\u{FFFD}\u{FFFD}"),
        ("\u{FFFE}\u{FFFF}\u{E4}\u{20AC}\u{1F600}", replaced(6) + "\u{E4}\u{20AC}\u{1F600}"),
    ])
    func escaping(text: String, expected: String) {
        #expect(written { $0.text(text) } == expected)
    }

    /// Bytes are looked at eight at a time, and a thousand at a time are copied.
    @Test(
        "wherever a character stands, it is escaped alone",
        arguments: [0, 1, 7, 8, 9, 63, 1015, 1016, 1020, 1021, 1022, 1023, 1024, 2047])
    func anyPlace(place: Int) {
        let around = (String(repeating: "x", count: place), String(repeating: "y", count: 17))
        for scalar in (0..<0x300).compactMap(Unicode.Scalar.init) + ["\u{20AC}", "\u{1F600}"] {
            let expected: String
            switch scalar {
            case "&": expected = "&amp;"
            case "<": expected = "&lt;"
            case ">": expected = "&gt;"
            case "\r": expected = "&#13;"
            case "\n", "\t": expected = String(scalar)
            case "\0"..<" ": expected = "\u{FFFD}"
            default: expected = String(scalar)
            }
            let text = written { $0.text(around.0 + String(scalar) + around.1) }
            #expect(text == around.0 + expected + around.1, "U+\(String(scalar.value, radix: 16))")
        }
    }

    @Test("an answer of nothing but characters to escape is whole")
    func nothingPlain() {
        let quotes = String(repeating: "\"&<>", count: 1_000)
        let attribute = written { writer in
            writer.start(item)
            writer.attribute("a", quotes)
            writer.end(item)
        }
        let expected = String(repeating: "&quot;&amp;&lt;&gt;", count: 1_000)
        #expect(attribute == "<c:item a=\"\(expected)\"/>")
    }

    private static func replaced(_ count: Int) -> String {
        String(repeating: "\u{FFFD}", count: count)
    }

    @Test(
        "what is no UTF-8 is replaced",
        arguments: [
            [0xFF], [0xC3], [0xE2, 0x82], [0xC0, 0x80], [0xED, 0xA0, 0x80],
            [0xF5, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        let text = written { writer in bytes.withUnsafeBytes { writer.text($0) } }
        #expect(text == WritingTests.replaced(bytes.count))
    }

    @Test("what was begun can be taken back")
    func goingBack() {
        let text = written { writer in
            writer.start(prop)
            let mark = writer.mark
            writer.start(item)
            writer.text("gone")
            writer.goBack(to: mark)
            writer.end(prop)
        }
        #expect(text == "<d:prop/>")
    }

    @Test("large buffers leave for the sink, in order and whole")
    func sink() throws {
        var pieces: [[UInt8]] = []
        let writer = XMLWriter(namespaces: WritingTests.namespaces) { pieces.append(Array($0)) }
        writer.start(prop)
        for number in 0..<10_000 {
            writer.text(Int64(number))
            try writer.flushIfLarge()
        }
        writer.end(prop)
        try writer.flush()
        #expect(pieces.count > 1)
        let text = String(decoding: pieces.joined(), as: UTF8.self)
        #expect(text == "<d:prop>" + (0..<10_000).map(String.init).joined() + "</d:prop>")
    }

    @Test(
        "a parsed element is written so that it stands by itself",
        arguments: [
            (
                #"<p><a xmlns="urn:a" b="1 &amp; &quot;"/></p>"#,
                #"<a xmlns="urn:a" b="1 &amp; &quot;"/>"#
            ),
            (
                #"<p xmlns:n="urn:n"><n:a n:b="1"> <n:c/>x<d/></n:a></p>"#,
                #"<n:a xmlns:n="urn:n" n:b="1"> <n:c/>x<d/></n:a>"#
            ),
            (
                #"<p xmlns="urn:o"><a><b xmlns=""/></a></p>"#,
                #"<a xmlns="urn:o"><b xmlns=""/></a>"#
            ),
            (#"<p><a xml:lang="de">x</a></p>"#, #"<a xml:lang="de">x</a>"#),
        ])
    func standsByItself(document: String, expected: String) throws {
        let root = try XMLParser.parse(Array(document.utf8))
        let element = try #require(root.elements.first)
        #expect(String(decoding: element.serialized(), as: UTF8.self) == expected)
    }

    @Test("a language in effect around an element stays with it")
    func language() throws {
        let root = try XMLParser.parse(Array("<a>x</a>".utf8))
        let bytes = root.serialized(language: "fr")
        #expect(String(decoding: bytes, as: UTF8.self) == #"<a xml:lang="fr">x</a>"#)
    }
}
