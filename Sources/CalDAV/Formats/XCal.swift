import ICalendar
import XML

/// xCal: iCalendar as XML (RFC 6321). Here is how it is written, `XCal+Reading` reads it.
enum XCal {
    static let namespace = "urn:ietf:params:xml:ns:icalendar-2.0"

    static func write(_ calendar: Component) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes += beginning
        append(calendar, to: &bytes)
        bytes += "</icalendar>\n".utf8
        return bytes
    }

    private static let beginning = Array(
        """
        <?xml version="1.0" encoding="utf-8"?>
        <icalendar xmlns="\(namespace)">

        """.utf8)

    // MARK: A document by parts

    static func beginDocument(_ properties: [Property], to buffer: inout [UInt8]) {
        buffer += beginning
        buffer += "<vcalendar>".utf8
        append(properties, to: &buffer)
    }

    static func beginComponents(to buffer: inout [UInt8]) {
        buffer += "<components>".utf8
    }

    static func endComponents(to buffer: inout [UInt8]) {
        buffer += "</components>".utf8
    }

    static func endDocument(to buffer: inout [UInt8]) {
        buffer += "</vcalendar>\n</icalendar>\n".utf8
    }

    // MARK: Components and properties

    /// RFC 6321 §3.3.
    static func append(_ component: Component, to buffer: inout [UInt8]) {
        guard isName(component.name) else { return }
        element(component.name, to: &buffer) { buffer in
            append(component.properties, to: &buffer)
            guard !component.components.isEmpty else { return }
            beginComponents(to: &buffer)
            for inner in component.components { append(inner, to: &buffer) }
            endComponents(to: &buffer)
        }
        buffer += "\n".utf8
    }

    private static func append(_ properties: [Property], to buffer: inout [UInt8]) {
        guard !properties.isEmpty else { return }
        buffer += "<properties>".utf8
        for property in properties {
            if property.isNamed("XML"), let foreign = foreignElement(property) {
                buffer += foreign
            } else {
                let typed = property.typed
                if isName(typed.name) { append(typed, to: &buffer) }
            }
        }
        buffer += "</properties>".utf8
    }

    /// An XML property is an element of another namespace (RFC 6321 §4.2); nil where its text is
    /// none that can stand here.
    private static func foreignElement(_ property: Property) -> [UInt8]? {
        let limits = XMLLimits(bytes: 1 << 20, depth: 16, elements: 10_000)
        guard let element = try? XMLParser.parse(Array(property.text.utf8), limits: limits),
            element.hasNamespaces(besides: namespace)
        else { return nil }
        return element.serialized()
    }

    /// RFC 6321 §3.4.
    private static func append(_ property: TypedProperty, to buffer: inout [UInt8]) {
        element(property.name, to: &buffer) { buffer in
            append(property.parameters, to: &buffer)
            let typeName = isName(property.typeName) ? property.typeName : "unknown"
            for value in property.values {
                if case .fields(let fields) = value, property.type != .unknown {
                    append(fields, of: property, to: &buffer)
                } else {
                    element(typeName, to: &buffer) { append(value, to: &$0) }
                }
            }
        }
    }

    /// RFC 6321 §3.5.
    private static func append(_ parameters: [Parameter], to buffer: inout [UInt8]) {
        let named = parameters.filter { isName($0.name) }
        guard !named.isEmpty else { return }
        buffer += "<parameters>".utf8
        for parameter in named {
            let type = parameterTypes[parameter.name] ?? ValueType.unknown
            element(parameter.name, to: &buffer) { buffer in
                for value in parameter.values.isEmpty ? [""] : parameter.values {
                    let value = type == .boolean ? value.lowercased() : value
                    element(type.rawValue, to: &buffer) { text(value, to: &$0) }
                }
            }
        }
        buffer += "</parameters>".utf8
    }

    /// The types of parameters that are registered (RFC 6321 §3.5); others are unknown (§5).
    private static let parameterTypes: [String: ValueType] = {
        let names: [(ValueType, String)] = [
            (
                .text,
                """
                CN CUTYPE ENCODING FMTTYPE FBTYPE LANGUAGE PARTSTAT RANGE RELATED RELTYPE ROLE \
                TZID SCHEDULE-AGENT SCHEDULE-FORCE-SEND SCHEDULE-STATUS DISPLAY EMAIL FEATURE \
                LABEL FILENAME MANAGED-ID LINKREL
                """
            ),
            (.uri, "ALTREP DIR SCHEMA"),
            (.calAddress, "DELEGATED-FROM DELEGATED-TO MEMBER SENT-BY"),
            (.boolean, "RSVP DERIVED"),
            (.integer, "SIZE ORDER"),
            (.duration, "GAP"),
        ]
        var types: [String: ValueType] = [:]
        for (type, list) in names {
            for name in list.split(separator: " ") { types[String(name)] = type }
        }
        return types
    }()

    // MARK: Values

    /// GEO and REQUEST-STATUS (RFC 6321 §3.4.1.2 and §3.4.1.3).
    static let fieldNames = [
        "GEO": ["latitude", "longitude"],
        "REQUEST-STATUS": ["code", "description", "data"],
    ]

    private static func append(
        _ fields: [TypedValue], of property: TypedProperty, to buffer: inout [UInt8]
    ) {
        let names = fieldNames[property.name] ?? []
        guard let last = names.last else { return }
        for (index, name) in names.enumerated() where index < fields.count {
            element(name, to: &buffer) { buffer in
                append(fields[index], to: &buffer)
                guard name == last else { return }
                for more in fields[(index + 1)...] {
                    buffer += ";".utf8
                    append(more, to: &buffer)
                }
            }
        }
    }

    /// RFC 6321 §3.6.
    private static func append(_ value: TypedValue, to buffer: inout [UInt8]) {
        switch value {
        case .text(let value): text(value, to: &buffer)
        case .integer(let number): buffer += "\(number)".utf8
        case .float(let number): buffer += TypedValue.decimal(number).utf8
        case .boolean(let isTrue): buffer += (isTrue ? "true" : "false").utf8
        case .fields(let fields):
            for field in fields { append(field, to: &buffer) }
        case .period(let start, let end, let isDuration):
            element("start", to: &buffer) { text(start, to: &$0) }
            element(isDuration ? "duration" : "end", to: &buffer) { text(end, to: &$0) }
        case .recurrence(let parts):
            for part in parts {
                for value in part.values {
                    element(part.name, to: &buffer) { append(value, to: &$0) }
                }
            }
        }
    }

    // MARK: Markup

    /// - Parameter name: in any case; written in lower case.
    private static func element(
        _ name: String, to buffer: inout [UInt8], _ content: (inout [UInt8]) -> Void
    ) {
        let name = name.lowercased()
        buffer += "<\(name)>".utf8
        content(&buffer)
        buffer += "</\(name)>".utf8
    }

    private static func text(_ text: String, to buffer: inout [UInt8]) {
        var text = text
        text.withUTF8 {
            XMLEscaping.append(UnsafeRawBufferPointer($0), to: &buffer, inAttribute: false)
        }
    }

    /// Whether a name of iCalendar is one of XML too: no digit, hyphen or point comes first.
    private static func isName(_ name: String) -> Bool {
        func isLetter(_ byte: UInt8) -> Bool {
            byte >= 0x41 && byte <= 0x5A || byte >= 0x61 && byte <= 0x7A
                || byte == UInt8(ascii: "_")
        }
        guard let first = name.utf8.first, isLetter(first) else { return false }
        return name.utf8.allSatisfy { byte in
            isLetter(byte) || byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
    }
}

extension XMLElement {
    /// Whether it and all inside are of some namespace, the outermost of another than `own`.
    fileprivate func hasNamespaces(besides own: String) -> Bool {
        name.namespace != own && isNamespaced
    }

    private var isNamespaced: Bool {
        !name.namespace.isEmpty && elements.allSatisfy(\.isNamespaced)
    }
}
