import Testing
import WebDAV
import XML

/// Bodies of PROPFIND and PROPPATCH.
enum PropertyXML {
    /// A propfind or proppatch body around elements, with our usual prefixes.
    static func body(_ root: String, _ inside: String) -> String {
        """
        <d:\(root) xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav" \
        xmlns:cs="http://calendarserver.org/ns/" xmlns:ic="http://apple.com/ns/ical/">\
        \(inside)</d:\(root)>
        """
    }

    static func propfind(_ names: String...) -> String {
        body("propfind", "<d:prop>" + names.map { "<\($0)/>" }.joined() + "</d:prop>")
    }

    static func set(_ elements: String) -> String {
        body("propertyupdate", "<d:set><d:prop>\(elements)</d:prop></d:set>")
    }
}

extension Site {
    func property(
        _ name: String, _ element: XMLName, of path: String, depth: String = "0"
    ) throws -> XMLElement? {
        let answer = send(
            "PROPFIND", path, fields: [("Depth", depth)], body: PropertyXML.propfind(name))
        return try answer.property(element, of: "/caldav/" + path)
    }
}
