import Testing
import WebDAV
import XML

@Suite("propfind and propertyupdate elements, RFC 4918 §14")
struct PropertyRequestTests {
    private func propfind(_ inside: String) throws -> PropertySelection {
        let text = #"<d:propfind xmlns:d="DAV:">\#(inside)</d:propfind>"#
        return try PropertySelection(propfind: XMLParser.parse(Array(text.utf8)))
    }

    @Test("prop names each property once")
    func prop() throws {
        let selection = try propfind(#"<d:prop><d:a/><b xmlns="urn:b"/><d:a/></d:prop>"#)
        guard case .some(let names) = selection else {
            Issue.record("\(selection)")
            return
        }
        #expect(names == [.dav("a"), XMLName(namespace: "urn:b", local: "b")])
    }

    @Test func allpropWithInclude() throws {
        let selection = try propfind("<d:allprop/><d:include><d:a/></d:include>")
        guard case .all(let included) = selection else {
            Issue.record("\(selection)")
            return
        }
        #expect(included == [.dav("a")])
    }

    @Test(
        "nothing, or two things at once, is 400",
        arguments: [
            "", "<d:prop/><d:allprop/>", "<d:propname/><d:allprop/>", "<d:other/>",
            "<d:prop/><d:prop/>",
        ])
    func refused(inside: String) {
        #expect(throws: RequestError.self) { try propfind(inside) }
    }

    @Test("instructions keep their order and the language around them")
    func updates() throws {
        let text = """
            <d:propertyupdate xmlns:d="DAV:" xml:lang="de">
            <d:set><d:prop><d:a>1</d:a></d:prop></d:set>
            <d:remove><d:prop><d:b/></d:prop></d:remove>
            <d:set><d:prop xml:lang="fr"><d:a>2</d:a></d:prop></d:set>
            </d:propertyupdate>
            """
        let updates = try PropertyUpdate.read(inside: XMLParser.parse(Array(text.utf8)))
        let written = updates.map { update in
            switch update {
            case .set(let element, let language): "set \(element.text) \(language ?? "")"
            case .remove(let name): "remove \(name.local)"
            }
        }
        #expect(written == ["set 1 de", "remove b", "set 2 fr"])
    }
}

@Suite("DAV:error bodies, RFC 4918 §16")
struct ErrorBodyTests {
    private func body(_ error: RequestError) throws -> XMLElement {
        guard case .bytes(let bytes) = error.response.body else {
            throw XMLError(.empty, message: "no body")
        }
        return try XMLParser.parse(bytes)
    }

    @Test("the precondition is the first element")
    func precondition() throws {
        let root = try body(RequestError(.noUIDConflict, "Taken.", href: "/a%20b"))
        #expect(root.name == .dav("error"))
        #expect(root.elements.first?.name == .caldav("no-uid-conflict"))
        #expect(root.elements.first?.first(.dav("href"))?.text == "/a%20b")
    }

    @Test("need-privileges names resource and privilege, RFC 3744 §7.1.1")
    func needPrivileges() throws {
        let error = RequestError.needPrivileges(.dav("bind"), on: "/x/")
        let resource = try body(error).first(.dav("need-privileges"))?.first(.dav("resource"))
        #expect(error.status == .forbidden)
        #expect(resource?.first(.dav("href"))?.text == "/x/")
        #expect(resource?.first(.dav("privilege"))?.elements.map(\.name) == [.dav("bind")])
    }
}
