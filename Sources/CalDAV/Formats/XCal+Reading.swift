import ICalendar
import XML

extension XCal {
    /// Reads a document of one VCALENDAR (RFC 6321 §3.1).
    static func read(
        _ bytes: [UInt8], limits: ParseLimits
    ) throws(ICalendarError) -> Component {
        // Elements for components, properties, their parameters and values.
        let elements = min(500_000, 8 * (limits.components + limits.properties))
        let xmlLimits = XMLLimits(
            bytes: limits.bytes, depth: 2 * limits.depth + 8, elements: elements)
        let root: XMLElement
        do {
            root = try XMLParser.parse(bytes, limits: xmlLimits)
        } catch {
            throw ICalendarError(
                error.kind == .tooLarge ? .tooLarge : .syntax, line: error.line,
                reason: error.message)
        }
        guard root.name == XMLName(namespace: namespace, local: "icalendar") else {
            throw fault(root, "icalendar should stand here")
        }
        let calendars = root.elements
        guard calendars.count == 1, let calendar = calendars.first,
            calendar.name == XMLName(namespace: namespace, local: "vcalendar")
        else { throw fault(root, "one vcalendar should stand here") }
        var reader = XCalReader(limits: limits)
        return try reader.component(calendar, depth: 1)
    }

    fileprivate static func fault(_ element: XMLElement, _ reason: String) -> ICalendarError {
        ICalendarError(.syntax, line: element.line, reason: reason)
    }
}

/// Builds components of xCal.
private struct XCalReader {
    private let limits: ParseLimits
    private var components = 0
    private var properties = 0

    init(limits: ParseLimits) {
        self.limits = limits
    }

    /// RFC 6321 §3.3. What is neither `properties` nor `components` is passed over.
    mutating func component(
        _ element: XMLElement, depth: Int
    ) throws(ICalendarError) -> Component {
        components += 1
        guard depth <= limits.depth, components <= limits.components else {
            throw ICalendarError(.tooLarge, line: element.line, reason: "too many components")
        }
        var component = Component(name: element.name.local)
        guard !component.name.isEmpty else { throw XCal.fault(element, "no name of a component") }
        for part in element.elements where part.name.namespace == XCal.namespace {
            switch part.name.local {
            case "properties":
                for property in part.elements { component.append(try self.property(property)) }
            case "components":
                for inner in part.elements where inner.name.namespace == XCal.namespace {
                    component.components.append(try self.component(inner, depth: depth + 1))
                }
            default: break
            }
        }
        return component
    }

    /// RFC 6321 §3.4; an element of another namespace is an XML property (§4.2).
    private mutating func property(_ element: XMLElement) throws(ICalendarError) -> Property {
        properties += 1
        guard properties <= limits.properties else {
            throw ICalendarError(.tooLarge, line: element.line, reason: "too many properties")
        }
        guard element.name.namespace == XCal.namespace else {
            return Property("XML", text: String(decoding: element.serialized(), as: UTF8.self))
        }
        let name = element.name.local
        var parameters: [Parameter] = []
        var content: [XMLElement] = []
        for child in element.elements where child.name.namespace == XCal.namespace {
            if child.name.local == "parameters" {
                parameters += child.elements.map(XCalReader.parameter)
            } else {
                content.append(child)
            }
        }
        let typed = XCalReader.typed(name, parameters, content)
        guard let property = Property(typed) else {
            throw XCal.fault(element, "a property has a name and a value")
        }
        return property
    }

    /// RFC 6321 §3.5.
    private static func parameter(_ element: XMLElement) -> Parameter {
        let values = element.elements.map { value in
            value.name.local == "boolean" ? value.trimmedText.uppercased() : value.text
        }
        return Parameter(
            element.name.local, values: values.isEmpty ? [element.trimmedText] : values)
    }

    private static func typed(
        _ name: String, _ parameters: [Parameter], _ content: [XMLElement]
    ) -> TypedProperty {
        let upper = name.uppercased()
        if let names = XCal.fieldNames[upper], let first = content.first,
            names.contains(first.name.local)
        {
            let fields = names.compactMap { name in
                content.first { $0.name.local == name }
                    .map { TypedValue.text(upper == "GEO" ? $0.trimmedText : $0.text) }
            }
            let type: ValueType = upper == "GEO" ? .float : .text
            return TypedProperty(
                name: name, parameters: parameters, typeName: type.rawValue,
                values: [.fields(fields)])
        }
        // All values of a property are of one type.
        let typeName = content.first?.name.local ?? ""
        let type = ValueType(named: typeName)
        return TypedProperty(
            name: name, parameters: parameters, typeName: typeName,
            values: content.map { value($0, type) })
    }

    /// RFC 6321 §3.6.
    private static func value(_ element: XMLElement, _ type: ValueType) -> TypedValue {
        switch type {
        case .text, .unknown: return .text(element.text)
        case .boolean: return .boolean(["true", "1"].contains(element.trimmedText))
        case .period:
            let end = element.elements.first { ["end", "duration"].contains($0.name.local) }
            guard let start = element.elements.first(where: { $0.name.local == "start" }), let end
            else { return .text(element.trimmedText) }
            return TypedValue(periodFrom: start.trimmedText, to: end.trimmedText)
        case .recur:
            var names: [String] = []
            var values: [String: [TypedValue]] = [:]
            for part in element.elements {
                let name = part.name.local
                if values[name] == nil { names.append(name) }
                values[name, default: []].append(.text(part.trimmedText))
            }
            let parts = names.map {
                TypedValue.RecurrencePart(name: $0, values: values[$0] ?? [])
            }
            return parts.isEmpty ? .text(element.trimmedText) : .recurrence(parts)
        default: return .text(element.trimmedText)
        }
    }
}
