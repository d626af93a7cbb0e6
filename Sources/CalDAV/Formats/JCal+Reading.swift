import ICalendar

extension JCal {
    /// Reads one VCALENDAR, also the only one of a stream (RFC 7265 §3.2).
    static func read(
        _ bytes: [UInt8], limits: ParseLimits
    ) throws(ICalendarError) -> Component {
        guard bytes.count <= limits.bytes else {
            throw ICalendarError(
                .tooLarge, reason: "\(bytes.count) octets, \(limits.bytes) allowed")
        }
        var reader = JCalReader(limits: limits)
        var json = JSONReader(bytes)
        let calendar = try reader.calendar(&json)
        try json.end()
        return calendar
    }
}

/// Builds components of jCal.
private struct JCalReader {
    private let limits: ParseLimits
    private var components = 0
    private var properties = 0
    /// Values, parameters and their values: a text of some megabytes could have millions.
    private var items = 0

    init(limits: ParseLimits) {
        self.limits = limits
    }

    private mutating func count(_ json: JSONReader) throws(ICalendarError) {
        items += 1
        guard items / 4 <= limits.properties else { throw tooLarge(json, "too many values") }
    }

    mutating func calendar(_ json: inout JSONReader) throws(ICalendarError) -> Component {
        var calendars: [Component] = []
        var name: String?
        var body: [Component] = []
        var place = 0
        // A component begins with its name, a stream with a component.
        try json.array { json throws(ICalendarError) in
            switch (place, try json.kind()) {
            case (0, .string): name = try json.text()
            case (_, .array) where name == nil:
                calendars.append(try self.component(&json, depth: 1))
            case (1...2, .array):
                guard let name else { return }
                if place == 1 {
                    body = [try self.begin(name, &json)]
                } else {
                    try self.inner(&json, of: &body, depth: 1)
                }
            default: throw json.error("a component is a name and two arrays")
            }
            place += 1
        }
        if name != nil {
            guard place == 3 else { throw json.error("a component is a name and two arrays") }
            calendars = body
        }
        guard calendars.count == 1, let calendar = calendars.first, calendar.name == "VCALENDAR"
        else { throw json.error("one vcalendar should stand here") }
        return calendar
    }

    /// RFC 7265 §3.3.
    private mutating func component(
        _ json: inout JSONReader, depth: Int
    ) throws(ICalendarError) -> Component {
        guard depth <= limits.depth else {
            throw tooLarge(json, "more than \(limits.depth) components inside each other")
        }
        var name = ""
        var body: [Component] = []
        var place = 0
        try json.array { json throws(ICalendarError) in
            switch place {
            case 0: name = try json.text()
            case 1: body = [try self.begin(name, &json)]
            case 2: try self.inner(&json, of: &body, depth: depth)
            default: throw json.error("a component is a name and two arrays")
            }
            place += 1
        }
        guard place == 3, let component = body.first else {
            throw json.error("a component is a name and two arrays")
        }
        return component
    }

    /// A component with its properties.
    private mutating func begin(
        _ name: String, _ json: inout JSONReader
    ) throws(ICalendarError) -> Component {
        components += 1
        guard components <= limits.components else {
            throw tooLarge(json, "more than \(limits.components) components")
        }
        var component = Component(name: name)
        guard !component.name.isEmpty else { throw json.error("the component has no name") }
        try json.array { json throws(ICalendarError) in
            self.properties += 1
            guard self.properties <= limits.properties else {
                throw tooLarge(json, "more than \(limits.properties) properties")
            }
            component.append(try self.property(&json))
        }
        return component
    }

    private mutating func inner(
        _ json: inout JSONReader, of body: inout [Component], depth: Int
    ) throws(ICalendarError) {
        var components: [Component] = []
        try json.array { json throws(ICalendarError) in
            components.append(try self.component(&json, depth: depth + 1))
        }
        if !body.isEmpty { body[0].components = components }
    }

    private func tooLarge(_ json: JSONReader, _ reason: String) -> ICalendarError {
        let error = json.error(reason)
        return ICalendarError(.tooLarge, line: error.line, reason: reason)
    }

    /// RFC 7265 §3.4.
    private mutating func property(
        _ json: inout JSONReader
    ) throws(ICalendarError) -> Property {
        var name = ""
        var parameters: [Parameter] = []
        var typeName = ""
        var values: [TypedValue] = []
        var place = 0
        try json.array { json throws(ICalendarError) in
            switch place {
            case 0: name = try json.text()
            case 1: parameters = try self.parameters(&json)
            case 2: typeName = try json.text()
            default:
                values.append(try self.value(&json, ValueType(named: typeName)))
            }
            place += 1
        }
        let typed = TypedProperty(
            name: name, parameters: parameters, typeName: typeName, values: values)
        guard place > 3, let property = Property(typed) else {
            throw json.error("a property is a name, parameters, a type and its values")
        }
        return property
    }

    /// RFC 7265 §3.5.
    private mutating func parameters(
        _ json: inout JSONReader
    ) throws(ICalendarError) -> [Parameter] {
        var parameters: [Parameter] = []
        try json.object { json, name throws(ICalendarError) in
            try self.count(json)
            var values: [String] = []
            if try json.kind() == .array {
                try json.array { json throws(ICalendarError) in
                    try self.count(json)
                    values.append(try json.text())
                }
            } else {
                values = [try json.text()]
            }
            parameters.append(Parameter(name, values: values))
        }
        return parameters
    }

    /// RFC 7265 §3.6.
    private mutating func value(
        _ json: inout JSONReader, _ type: ValueType
    ) throws(ICalendarError) -> TypedValue {
        switch try json.kind() {
        case .array:
            let isPeriod = type == .period
            var items: [TypedValue] = []
            try json.array { json throws(ICalendarError) in
                items.append(try self.single(&json, isPeriod ? .text : type))
            }
            guard isPeriod else { return .fields(items) }
            guard items.count == 2, case .text(let start) = items[0], case .text(let end) = items[1]
            else { throw json.error("a period is its start and its end or duration") }
            return TypedValue(periodFrom: start, to: end)
        case .object: return .recurrence(try self.recurrence(&json))
        default:
            let value = try self.single(&json, type)
            guard type == .period, case .text(let text) = value else { return value }
            // As the examples of RFC 7265, appendix B, have it.
            let halves = text.split(separator: "/", omittingEmptySubsequences: false)
            guard halves.count == 2 else { return value }
            return TypedValue(periodFrom: String(halves[0]), to: String(halves[1]))
        }
    }

    private mutating func single(
        _ json: inout JSONReader, _ type: ValueType
    ) throws(ICalendarError) -> TypedValue {
        try count(json)
        switch try json.kind() {
        case .boolean where type == .boolean: return .boolean(try json.boolean())
        case .number where type == .integer || type == .float:
            let text = try json.number()
            if let number = Int(text) { return .integer(number) }
            if let number = Double(text), number.isFinite { return .float(number) }
            return .text(text)
        default: return .text(try json.text())
        }
    }

    /// RFC 7265 §3.6.10.
    private mutating func recurrence(
        _ json: inout JSONReader
    ) throws(ICalendarError) -> [TypedValue.RecurrencePart] {
        var parts: [TypedValue.RecurrencePart] = []
        try json.object { json, name throws(ICalendarError) in
            var values: [TypedValue] = []
            if try json.kind() == .array {
                try json.array { json throws(ICalendarError) in
                    values.append(try self.single(&json, .integer))
                }
            } else {
                values = [try self.single(&json, .integer)]
            }
            parts.append(TypedValue.RecurrencePart(name: name.lowercased(), values: values))
        }
        return parts
    }
}
