/// A property as jCal (RFC 7265 §3.4) and xCal (RFC 6321 §3.4) have it: parameters, and values by
/// their type.
package struct TypedProperty: Equatable, Sendable {
    /// Upper case; what no name may hold is left out (RFC 5545 §3.1).
    package let name: String
    /// Each once, without VALUE and without the ENCODING that the type implies.
    package let parameters: [Parameter]
    package let type: ValueType
    /// Lower case: the name of `type`, or what VALUE says that nobody registered.
    package let typeName: String
    /// One or more.
    package let values: [TypedValue]

    /// - Parameter typeName: as jCal names types, in any case.
    package init(
        name: String, parameters: [Parameter], typeName: String, values: [TypedValue]
    ) {
        self.name = String(decoding: ASCII.uppercasedName(name), as: UTF8.self)
        self.parameters = parameters
        let token = ValueType.token(typeName)
        self.typeName = token.isEmpty ? ValueType.unknown.rawValue : token
        self.type = ValueType(named: token)
        self.values = values
    }
}

extension Property {
    /// The property by its type. A value that has not the form of its type is of type `unknown`,
    /// and stands there as it does in the line.
    package var typed: TypedProperty {
        let name = name
        var type = valueType
        var typeName = type.rawValue
        if type == .unknown, let value = parameter("VALUE") {
            typeName = value
        }
        var values = values(of: type, name: name)
        if values == nil {
            (type, typeName) = (.unknown, ValueType.unknown.rawValue)
            values = self.values(of: .unknown, name: name)
        }
        return TypedProperty(
            name: name, parameters: parameters(besides: type), typeName: typeName,
            values: values ?? [])
    }

    /// The values, one or more, by type; what is not of its type comes as text.
    package var typedValues: [TypedValue] { typed.values }

    /// The type that the value should have: VALUE, else the property's own. Of DATE and DATE-TIME the
    /// form decides that the value is written in, and a TRIGGER may be at a time.
    package var valueType: ValueType {
        let said = parameter("VALUE").map { ValueType(named: $0) }
        let type = said ?? ValueType.ofProperty(name) ?? .unknown
        if type == .date || type == .dateTime || said == nil && name == "TRIGGER",
            let value = dateTime
        {
            return value.isDate ? .date : .dateTime
        }
        return type
    }

    /// Lists that are longer are not taken apart: a line may be of megabytes.
    private static let most = 50_000

    private func values(of type: ValueType, name: String) -> [TypedValue]? {
        if type != .unknown, ValueType.lists.contains(name),
            rawSlice.count(where: { $0 == ASCII.comma }) >= Property.most
        {
            return nil
        }
        switch type {
        case .unknown: return [.text(rawValue)]
        case .text:
            if ValueType.structured.contains(name) { return [.fields(fields.map { .text($0) })] }
            if ValueType.lists.contains(name) { return textList.map { .text($0) } }
            return [.text(text)]
        default: break
        }
        let bytes = rawBytes
        var values: [TypedValue] = []
        if ValueType.structured.contains(name) {
            for field in ASCII.split(bytes[...], at: ASCII.semicolon) {
                guard let value = TypedValue(basic: field, type) else { return nil }
                values.append(value)
            }
            return [.fields(values)]
        }
        let parts = ValueType.lists.contains(name) ? ASCII.split(bytes[...], at: ASCII.comma) : []
        for part in parts.isEmpty ? [bytes[...]] : parts {
            guard let value = TypedValue(basic: part, type) else { return nil }
            values.append(value)
        }
        return values
    }

    private func parameters(besides type: ValueType) -> [Parameter] {
        var names: [String] = []
        var values: [String: [String]] = [:]
        for parameter in parameters {
            let name = String(decoding: ASCII.uppercasedName(parameter.name), as: UTF8.self)
            switch name {
            case "VALUE", "": continue
            // The encoding of vCalendar was undone with the escapes.
            case "ENCODING" where type == .text || type == .binary: continue
            default: break
            }
            if values[name] == nil { names.append(name) }
            let own = parameter.values
            values[name, default: []] += own.isEmpty ? [""] : own
        }
        return names.map { Parameter($0, values: values[$0] ?? []) }
    }

    /// Makes a property of typed values; VALUE is written where the type is not the property's own,
    /// and the ENCODING that goes with BINARY (RFC 5545 §3.1.3).
    ///
    /// Nil for a name that no property can have.
    package init?(_ typed: TypedProperty) {
        let name = typed.name
        guard !name.isEmpty, name != "BEGIN", name != "END", !typed.values.isEmpty else {
            return nil
        }
        let type = typed.type
        var all = typed.parameters.filter { parameter in
            !ASCII.uppercasedName(parameter.name).isEmpty && parameter.name != "VALUE"
                && (type != .text || parameter.name != "ENCODING")
        }
        if type == .binary, !all.contains(where: { $0.name == "ENCODING" }) {
            all.append(Parameter("ENCODING", "BASE64"))
        }
        let isOwn = type == ValueType.ofProperty(name) && !ValueType.alwaysSaid.contains(name)
        if typed.typeName != ValueType.unknown.rawValue, !isOwn {
            all.append(Parameter("VALUE", typed.typeName.uppercased()))
        }
        let raw = typed.values.map { $0.basic(type) }
        self.init(name, raw: raw.joined(separator: ","), parameters: all)
    }
}
