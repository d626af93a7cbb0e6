package import XML

/// The body of PROPFIND, and of reports that ask for properties (RFC 4918 §14.20).
package enum PropertySelection: Sendable {
    case names
    /// allprop, and what else is to be included.
    case all(including: [XMLName])
    case some([XMLName])
}

extension PropertySelection {
    /// Reads a propfind element.
    /// - Throws: 400 where it asks for nothing or for two things at once.
    package init(propfind root: XMLElement) throws(RequestError) {
        guard root.name == .dav("propfind") else {
            throw RequestError(.badRequest, "The body has to be a DAV:propfind element.")
        }
        guard let selection = try PropertySelection(inside: root) else {
            throw RequestError(.badRequest, "DAV:propfind has to say which properties.")
        }
        self = selection
    }

    /// Reads prop, allprop or propname inside a propfind or report element; nil where there is
    /// none of them.
    /// - Throws: 400 for more than one.
    package init?(inside parent: XMLElement) throws(RequestError) {
        let props = parent.all(.dav("prop"))
        guard props.count <= 1 else {
            throw RequestError(.badRequest, "There is one DAV:prop at most.")
        }
        let prop = props.first
        let isAll = parent.first(.dav("allprop")) != nil
        let isNames = parent.first(.dav("propname")) != nil
        switch (prop, isAll, isNames) {
        case (let prop?, false, false):
            self = .some(PropertySelection.unique(prop.elements))
        case (nil, true, false):
            let included = parent.first(.dav("include"))?.elements ?? []
            self = .all(including: PropertySelection.unique(included))
        case (nil, false, true): self = .names
        case (nil, false, false): return nil
        default:
            throw RequestError(
                .badRequest, "Only one of DAV:prop, DAV:allprop and DAV:propname may be asked for.")
        }
    }

    private static func unique(_ elements: [XMLElement]) -> [XMLName] {
        var seen: Set<XMLName> = []
        return elements.map(\.name).filter { seen.insert($0).inserted }
    }
}

/// One instruction of PROPPATCH, MKCALENDAR or extended MKCOL, in document order.
package enum PropertyUpdate: Sendable {
    /// - Parameter language: `xml:lang` in effect around the property.
    case set(XMLElement, language: String?)
    case remove(XMLName)

    package var name: XMLName {
        switch self {
        case .set(let element, _): element.name
        case .remove(let name): name
        }
    }
}

extension PropertyUpdate {
    /// Reads the set and remove elements inside propertyupdate, mkcalendar or mkcol.
    /// - Throws: 400 where there is none, or one without prop, unless `mayBeEmpty`.
    package static func read(
        inside root: XMLElement, mayBeEmpty: Bool = false
    ) throws(RequestError) -> [PropertyUpdate] {
        var updates: [PropertyUpdate] = []
        for instruction in root.elements {
            let isSet = instruction.name == .dav("set")
            guard isSet || instruction.name == .dav("remove") else { continue }
            for prop in instruction.all(.dav("prop")) {
                let language = [prop, instruction, root].lazy.compactMap {
                    $0.attribute(.xmlLang)
                }.first
                updates += prop.elements.map {
                    isSet ? .set($0, language: language) : .remove($0.name)
                }
            }
        }
        guard mayBeEmpty || !updates.isEmpty else {
            throw RequestError(.badRequest, "The body has to set or remove properties.")
        }
        return updates
    }
}

extension Request {
    /// The body as XML; nil where there is none.
    /// - Throws: 400 for what is no XML, 413 for too much of it, 403 `no-external-entities` for a
    ///   document type.
    package func readXML(limit: Int) throws(RequestError) -> XMLElement? {
        try Request.xml(in: readBytesOfXML(limit: limit), limit: limit)
    }

    /// The bytes of such a body.
    package func readBytesOfXML(limit: Int) throws(RequestError) -> [UInt8] {
        try readAll(limit: limit) { limit in
            RequestError(.contentTooLarge, "The body may have \(limit) bytes at most.")
        }
    }

    /// As `readXML`, of a body that was read.
    package static func xml(in bytes: [UInt8], limit: Int) throws(RequestError) -> XMLElement? {
        do {
            return try XMLParser.parse(bytes, limits: XMLLimits(bytes: limit))
        } catch {
            switch error.kind {
            case .empty: return nil
            case .tooLarge: throw RequestError(.contentTooLarge, "The XML has \(error.message).")
            case .documentType:
                throw RequestError(
                    .noExternalEntities, "A document type declaration is not taken.")
            case .notWellFormed:
                throw RequestError(.badRequest, "The body is not well-formed XML: \(error).")
            }
        }
    }

    /// The whole body.
    package func readAll(
        limit: Int, tooLarge: (Int) -> RequestError
    ) throws(RequestError) -> [UInt8] {
        do {
            return try readBody(limit)
        } catch {
            switch error {
            case .tooLarge: throw tooLarge(limit)
            case .cutShort: throw RequestError(.badRequest, "The body ended too soon.")
            }
        }
    }
}
