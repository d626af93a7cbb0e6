import Testing
import XML

@Suite("Parsing XML from outside")
struct ParsingTests {
    private let dav = "DAV:"

    private func parse(_ text: String, limits: XMLLimits = XMLLimits()) throws -> XMLElement {
        try XMLParser.parse(Array(text.utf8), limits: limits)
    }

    private func kind(of text: String, limits: XMLLimits = XMLLimits()) -> XMLError.Kind? {
        do {
            _ = try XMLParser.parse(Array(text.utf8), limits: limits)
            return nil
        } catch {
            return error.kind
        }
    }

    @Test("names carry namespaces, whatever the prefix")
    func names() throws {
        let root = try parse(
            #"<D:a xmlns:D="DAV:"><b xmlns="urn:b" c="1" D:d="2"/><plain/></D:a>"#)
        #expect(root.name == XMLName(namespace: dav, local: "a"))
        let child = try #require(root.first(XMLName(namespace: "urn:b", local: "b")))
        #expect(child.attribute("c") == "1")
        #expect(child.attribute(XMLName(namespace: dav, local: "d")) == "2")
        #expect(root.elements.last?.name == XMLName(namespace: "", local: "plain"))
    }

    @Test("references, CDATA and white space become text")
    func text() throws {
        let root = try parse("<a b=\"x&amp;&#65;&quot;\"> &lt;\u{E4}<![CDATA[<&>]]>&#x1F600; </a>")
        #expect(root.text == " <\u{E4}<&>\u{1F600} ")
        #expect(root.trimmedText == "<\u{E4}<&>\u{1F600}")
        #expect(root.attribute("b") == "x&A\"")
    }

    @Test("white space between elements is kept in its place")
    func mixed() throws {
        let root = try parse("<a> <b/>\n<c/>z</a>")
        let shape = root.content.map { node in
            switch node {
            case .text(let text): text
            case .element(let element): "<\(element.name)>"
            }
        }
        #expect(shape == [" ", "<b>", "\n", "<c>", "z"])
    }

    @Test("UTF-16 and Latin-1 are read as declared")
    func encodings() throws {
        let units: [UInt16] = [0xFEFF] + Array("<a>\u{E4}</a>".utf16)
        let utf16 = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try XMLParser.parse(utf16).text == "\u{E4}")
        let latin = Array("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><a>".utf8) + [0xE4]
        #expect(try XMLParser.parse(latin + Array("</a>".utf8)).text == "\u{E4}")
    }

    @Test(arguments: [
        "<a>", "<a></b>", "no", "<a/><b/>", "<a b=1/>", "<a>&nope;</a>", "<p:a/>",
        "<a xmlns:b=\"\"/>", "<a>\u{1}</a>", "<a b='1' b='2'/>", "<a>&#0;</a>",
    ])
    func notWellFormed(text: String) {
        #expect(kind(of: text) == .notWellFormed)
    }

    @Test("bytes that are not UTF-8 are refused")
    func invalidUTF8() {
        #expect(throws: XMLError.self) { try XMLParser.parse(Array("<a>".utf8) + [0xFF, 0x3C]) }
    }

    @Test(arguments: [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>",
        "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><a>&e;</a>",
        "<!DOCTYPE l [<!ENTITY a 'aa'><!ENTITY b '&a;&a;'>]><l>&b;</l>",
    ])
    func documentTypeIsRefused(text: String) {
        #expect(kind(of: text) == .documentType)
    }

    @Test(arguments: ["", " \r\n\t"])
    func nothing(text: String) {
        #expect(kind(of: text) == .empty)
    }

    @Test("each limit holds")
    func limits() {
        let nested = String(repeating: "<a>", count: 65) + String(repeating: "</a>", count: 65)
        #expect(kind(of: nested) == .tooLarge)
        #expect(kind(of: nested, limits: XMLLimits(depth: 65)) == nil)
        let many = "<a>" + String(repeating: "<b/>", count: 20_000) + "</a>"
        #expect(kind(of: many) == .tooLarge)
        #expect(kind(of: "<a/>", limits: XMLLimits(bytes: 3)) == .tooLarge)
        let attributes = (0..<65).map { "a\($0)='1'" }.joined(separator: " ")
        #expect(kind(of: "<a \(attributes)/>") == .tooLarge)
    }

    @Test("an element of very many attributes is refused at once")
    func manyAttributes() {
        let attributes = (0..<50_000).map { "a\($0)=''" }.joined(separator: " ")
        let clock = ContinuousClock()
        let time = clock.measure { #expect(kind(of: "<a \(attributes)/>") == .tooLarge) }
        #expect(time < .milliseconds(500))
    }

    @Test(
        "what only looks like markup does not count",
        arguments: [
            "<a><!-- <!DOCTYPE a> <b \(equals)> --></a>",
            "<a><![CDATA[<!DOCTYPE <b \(equals)>]]></a>",
            "<?b \(equals)<?><a/>", "<a b=\"\(equals)>\"/>", "<a>\(equals)</a>",
        ])
    func looksLikeMarkup(text: String) throws {
        #expect(kind(of: text) == nil)
    }

    private static let equals = String(repeating: "=", count: 100)

    @Test("an error names its line")
    func line() {
        #expect(throws: XMLError.self) { try parse("<a>\n\n<b>\n</a>") }
        do {
            _ = try XMLParser.parse(Array("<a>\n\n<b>\n</a>".utf8))
        } catch {
            #expect(error.line == 4)
        }
    }
}
