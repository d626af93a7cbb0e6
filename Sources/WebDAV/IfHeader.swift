/// The If header field (RFC 4918 §10.4): lists of conditions, one of which has to hold as a whole.
package struct IfHeader: Sendable {
    package struct List: Sendable {
        /// The resource that the list is about, as an address or path; nil for the request's own.
        package let resource: String?
        package let conditions: [Condition]
    }

    package struct Condition: Equatable, Sendable {
        package let isNegated: Bool
        package let state: State
    }

    package enum State: Equatable, Sendable {
        /// A lock or sync token, without angle brackets.
        case token(String)
        /// Without quotes and weakness.
        case etag(String)
    }

    package let lists: [List]

    /// - Throws: 400 for what the grammar does not allow.
    package init(headerField: String) throws(RequestError) {
        var scanner = Scanner(Array(headerField.utf8))
        var lists: [List] = []
        var resource: String?
        scanner.skipSpace()
        while let byte = scanner.peek {
            switch byte {
            case UInt8(ascii: "<"):
                resource = try scanner.token()
            case UInt8(ascii: "("):
                lists.append(List(resource: resource, conditions: try scanner.conditions()))
            default: throw Scanner.refusal
            }
            scanner.skipSpace()
        }
        guard !lists.isEmpty else { throw Scanner.refusal }
        self.lists = lists
    }

    /// - Parameter holds: whether a resource (nil: the request's own) is in a state.
    package func isFulfilled(_ holds: (String?, State) throws -> Bool) rethrows -> Bool {
        try lists.contains { list in
            try list.conditions.allSatisfy { try holds(list.resource, $0.state) != $0.isNegated }
        }
    }
}

private struct Scanner {
    private let bytes: [UInt8]
    private var index = 0

    static var refusal: RequestError {
        RequestError(.badRequest, "The If field cannot be read.")
    }

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpace() {
        while let byte = peek, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") {
            index += 1
        }
    }

    /// What stands between two delimiters, of which the first is the next byte.
    private mutating func delimited(by end: UInt8) throws(RequestError) -> String {
        let start = index + 1
        guard start <= bytes.count, let stop = bytes[start...].firstIndex(of: end) else {
            throw Scanner.refusal
        }
        index = stop + 1
        return String(decoding: bytes[start..<stop], as: UTF8.self)
    }

    mutating func token() throws(RequestError) -> String {
        try delimited(by: UInt8(ascii: ">"))
    }

    mutating func conditions() throws(RequestError) -> [IfHeader.Condition] {
        index += 1
        var conditions: [IfHeader.Condition] = []
        while true {
            skipSpace()
            var isNegated = false
            if bytes[index...].prefix(3).map({ $0 | 0x20 }).elementsEqual("not".utf8) {
                isNegated = true
                index += 3
                skipSpace()
            }
            switch peek {
            case UInt8(ascii: "<"):
                conditions.append(
                    IfHeader.Condition(isNegated: isNegated, state: .token(try token())))
            case UInt8(ascii: "["):
                let tag = try delimited(by: UInt8(ascii: "]"))
                guard case .tags(let tags) = EntityTagList(headerField: tag), tags.count == 1 else {
                    throw Scanner.refusal
                }
                conditions.append(
                    IfHeader.Condition(isNegated: isNegated, state: .etag(tags[0])))
            case UInt8(ascii: ")") where !isNegated && !conditions.isEmpty:
                index += 1
                return conditions
            default: throw Scanner.refusal
            }
        }
    }
}
