import WebDAV
import XML

/// CALDAV:filter (RFC 4791 §9.7), parsed.
struct CompFilter: Sendable, Equatable {
    /// Upper case.
    let name: String
    var isNotDefined = false
    var timeRange: Range<Int64>?
    var propFilters: [PropFilter] = []
    var compFilters: [CompFilter] = []
    /// Whether one of the inner filters is enough.
    var isAnyOf = false
}

struct PropFilter: Sendable, Equatable {
    /// Upper case.
    let name: String
    var isNotDefined = false
    var timeRange: Range<Int64>?
    var textMatches: [TextMatch] = []
    var paramFilters: [ParamFilter] = []
    /// Whether one of the text matches and inner filters is enough.
    var isAnyOf = false
}

struct ParamFilter: Sendable, Equatable {
    /// Upper case.
    let name: String
    var isNotDefined = false
    var textMatch: TextMatch?
}

/// CALDAV:text-match (RFC 4791 §9.7.5).
struct TextMatch: Sendable, Equatable {
    let text: String
    let collation: Collation
    let type: MatchType
    let isNegated: Bool

    /// Whether it is fulfilled by a property or parameter that has several values, or one.
    func matches(_ values: [String]) -> Bool {
        values.contains { collation.matches($0, text, type) } != isNegated
    }
}

// MARK: - Reading

extension CompFilter {
    /// Reads CALDAV:filter.
    /// - Throws: `valid-filter` where it breaks RFC 4791 §9.7, `supported-filter` for elements that
    ///   are not known, `supported-collation`.
    init(filter: XMLElement) throws(RequestError) {
        let filters = filter.all(.caldav("comp-filter"))
        guard filters.count == 1, filters[0].attribute("name")?.uppercased() == "VCALENDAR" else {
            throw RequestError(.validFilter, "A filter begins with VCALENDAR.")
        }
        try self.init(filters[0])
    }

    private init(_ element: XMLElement) throws(RequestError) {
        name = try element.filterName()
        isAnyOf = try element.isAnyOf()
        for child in element.elements {
            switch child.name {
            case .caldav("is-not-defined"): isNotDefined = true
            case .caldav("time-range"):
                guard FilterRules.mayHaveTimeRange(component: name) else {
                    throw .hasNoTime(name)
                }
                guard timeRange == nil else {
                    throw RequestError(.validFilter, "A filter has one time-range at most.")
                }
                timeRange = try TimeRangeElement.range(child, in: .filter)
            case .caldav("prop-filter"): propFilters.append(try PropFilter(child))
            case .caldav("comp-filter"):
                let inner = try CompFilter(child)
                guard FilterRules.mayStand(inner.name, in: name) else {
                    throw RequestError(.validFilter, "\(name) has no \(inner.name) inside.")
                }
                compFilters.append(inner)
            default: throw child.isUnsupported
            }
        }
        guard !isNotDefined || element.elements.count == 1 else { throw .notDefinedIsAlone }
    }
}

extension PropFilter {
    init(_ element: XMLElement) throws(RequestError) {
        name = try element.filterName()
        isAnyOf = try element.isAnyOf()
        for child in element.elements {
            switch child.name {
            case .caldav("is-not-defined"): isNotDefined = true
            case .caldav("time-range") where timeRange == nil:
                guard FilterRules.mayHaveTimeRange(property: name) else { throw .hasNoTime(name) }
                timeRange = try TimeRangeElement.range(child, in: .filter)
            case .caldav("text-match") where isAnyOf || textMatches.isEmpty:
                textMatches.append(try TextMatch(child))
            case .caldav("param-filter"): paramFilters.append(try ParamFilter(child))
            case .caldav("time-range"), .caldav("text-match"):
                throw RequestError(.validFilter, "A filter has one \(child.name.local) at most.")
            default: throw child.isUnsupported
            }
        }
        guard !isNotDefined || element.elements.count == 1 else { throw .notDefinedIsAlone }
        guard timeRange == nil || textMatches.isEmpty else {
            throw RequestError(.validFilter, "Either a time-range or a text-match.")
        }
    }
}

extension ParamFilter {
    init(_ element: XMLElement) throws(RequestError) {
        name = try element.filterName()
        for child in element.elements {
            switch child.name {
            case .caldav("is-not-defined"): isNotDefined = true
            case .caldav("text-match") where textMatch == nil: textMatch = try TextMatch(child)
            case .caldav("text-match"):
                throw RequestError(.validFilter, "A filter has one text-match at most.")
            default: throw child.isUnsupported
            }
        }
        guard !isNotDefined || element.elements.count == 1 else { throw .notDefinedIsAlone }
    }
}

extension TextMatch {
    init(_ element: XMLElement) throws(RequestError) {
        text = element.text
        let named = element.attribute("collation") ?? "default"
        let collation = named == "default" ? Collation.asciiCasemap : Collation(rawValue: named)
        guard let collation else {
            throw RequestError(.supportedCollation, "There is no collation \"\(named)\".")
        }
        self.collation = collation
        guard let type = MatchType(rawValue: element.attribute("match-type") ?? "contains") else {
            throw RequestError(
                .validFilter, "match-type has to be equals, contains, starts-with or ends-with.")
        }
        self.type = type
        switch element.attribute("negate-condition") ?? "no" {
        case "yes": isNegated = true
        case "no": isNegated = false
        default: throw RequestError(.validFilter, "negate-condition has to be yes or no.")
        }
    }
}

extension XMLElement {
    /// `test`, as CardDAV has it (RFC 6352 §10.5.1): all have to hold where it is missing.
    fileprivate func isAnyOf() throws(RequestError) -> Bool {
        switch attribute("test") ?? "allof" {
        case "allof": return false
        case "anyof": return true
        default: throw RequestError(.validFilter, "test has to be allof or anyof.")
        }
    }

    fileprivate func filterName() throws(RequestError) -> String {
        guard let name = attribute("name"), !name.isEmpty else {
            throw RequestError(.validFilter, "\(self.name.local) has to have a name.")
        }
        return name.uppercased()
    }

    fileprivate var isUnsupported: RequestError {
        RequestError(.supportedFilter, "A filter with \(name) is not known.")
    }
}

extension RequestError {
    fileprivate static func hasNoTime(_ name: String) -> RequestError {
        RequestError(.validFilter, "\(name) has no time to filter by.")
    }

    fileprivate static var notDefinedIsAlone: RequestError {
        RequestError(.validFilter, "is-not-defined stands alone.")
    }
}
