package struct PutOutcome: Sendable {
    package var isNew: Bool
    /// Of the text as stored, without quotes.
    package var etag: String

    package init(isNew: Bool, etag: String) {
        self.isNew = isNew
        self.etag = etag
    }
}

/// A COPY or MOVE of an object (RFC 4918 §9.8, §9.9).
package struct ObjectTransfer: Sendable {
    /// A calendar and a name in it.
    package struct Place: Sendable {
        package var calendar: CalendarRecord
        package var name: String
        /// Of what is there now.
        package var condition: WriteCondition

        package init(_ name: String, in calendar: CalendarRecord, if condition: WriteCondition) {
            self.calendar = calendar
            self.name = name
            self.condition = condition
        }
    }

    package var isMove: Bool
    package var source: Place
    package var destination: Place

    package init(isMove: Bool, from source: Place, to destination: Place) {
        self.isMove = isMove
        self.source = source
        self.destination = destination
    }
}

/// If-Match and If-None-Match of a write (RFC 9110 §13.1).
package struct WriteCondition: Sendable {
    package var ifMatch: ETagList?
    package var ifNoneMatch: ETagList?

    package enum ETagList: Sendable {
        case any
        /// Opaque tags without quotes, weakness and content coding suffixes removed.
        case tags([String])
    }

    package init(ifMatch: ETagList? = nil, ifNoneMatch: ETagList? = nil) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
    }

    /// - Parameter etag: of the present object; nil where there is none.
    package func holds(for etag: String?) -> Bool {
        if let ifMatch, !ifMatch.matches(etag) { return false }
        if let ifNoneMatch, ifNoneMatch.matches(etag) { return false }
        return true
    }
}

extension WriteCondition.ETagList {
    package func matches(_ etag: String?) -> Bool {
        guard let etag else { return false }
        switch self {
        case .any: return true
        case .tags(let tags): return tags.contains(etag)
        }
    }
}
