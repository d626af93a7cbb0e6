import CLibXML2

/// Parses a document into a tree with libxml2, within limits.
///
/// A document type declaration ends the parse, no entity but the five of XML is known, and nothing
/// is ever read from the network or from files.
package enum XMLParser {
    /// - Throws: `XMLError`; nothing is left allocated then.
    package static func parse(
        _ bytes: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(XMLError) -> XMLElement {
        guard bytes.count <= limits.bytes else {
            throw XMLError(.tooLarge, message: "more than \(limits.bytes) bytes")
        }
        guard !bytes.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 10 || $0 == 13 }) else {
            throw XMLError(.empty, message: "no document")
        }
        if let fault = StartTags.fault(in: bytes, limits: limits) { throw fault }
        _ = libraryIsReady
        let document = Document(limits: limits)
        let error = document.build(from: bytes)
        if let error { throw error }
        guard let root = document.root else {
            throw XMLError(.notWellFormed, message: "no root element")
        }
        return root
    }

    /// libxml2 has to be initialised once, before threads use it.
    private static let libraryIsReady: Bool = {
        xmlInitParser()
        return true
    }()
}

/// A tree in the making: what libxml2's callbacks write to.
private final class Document {
    private let limits: XMLLimits
    private var open: [XMLElement] = []
    private var elementCount = 0
    private var context: xmlParserCtxtPtr?
    private(set) var root: XMLElement?
    private(set) var error: XMLError?

    init(limits: XMLLimits) {
        self.limits = limits
    }

    func build(from bytes: [UInt8]) -> XMLError? {
        var handler = Document.handler
        let userData = Unmanaged.passUnretained(self).toOpaque()
        guard let context = xmlCreatePushParserCtxt(&handler, userData, nil, 0, nil) else {
            return XMLError(.notWellFormed, message: "no memory for a parser")
        }
        self.context = context
        defer {
            // Internal subset or not, the handler makes no document for libxml2 to keep.
            xmlFreeParserCtxt(context)
            self.context = nil
        }
        // NOENT: else `&amp;` in an attribute arrives as a character reference. No entity can be
        // declared, since a DOCTYPE ends the parse and there is no `entityDecl` callback.
        let options = XML_PARSE_NONET.rawValue | XML_PARSE_NOENT.rawValue
        xmlCtxtUseOptions(context, Int32(options))
        bytes.withUnsafeBytes { buffer in
            let characters = buffer.bindMemory(to: CChar.self)
            _ = xmlParseChunk(context, characters.baseAddress, Int32(clamping: characters.count), 1)
        }
        if let error { return error }
        guard context.pointee.wellFormed == 1, context.pointee.nsWellFormed == 1 else {
            return XMLError(.notWellFormed, message: "not well-formed")
        }
        return nil
    }

    /// Keeps the first error and stops libxml2.
    fileprivate func fail(_ kind: XMLError.Kind, line: Int? = nil, _ message: String) {
        guard error == nil else { return }
        error = XMLError(kind, line: line ?? self.line, message: message)
        if let context { xmlStopParser(context) }
    }

    private var line: Int {
        guard let input = context?.pointee.input else { return 0 }
        return Int(input.pointee.line)
    }

    fileprivate func start(
        _ name: XMLName, prefix: String?, attributeCount: Int,
        attributes: () -> [XMLAttribute]
    ) {
        guard error == nil else { return }
        elementCount += 1
        guard open.count < limits.depth else {
            return fail(.tooLarge, "deeper than \(limits.depth) elements")
        }
        guard elementCount <= limits.elements else {
            return fail(.tooLarge, "more than \(limits.elements) elements")
        }
        guard attributeCount <= limits.attributes else {
            return fail(.tooLarge, "more than \(limits.attributes) attributes in an element")
        }
        open.append(XMLElement(name, prefix: prefix, attributes: attributes(), line: line))
    }

    fileprivate func text(_ text: String) {
        guard error == nil, let last = open.indices.last else { return }
        // libxml2 hands long text out in pieces.
        if case .text(let before)? = open[last].content.last {
            open[last].content[open[last].content.count - 1] = .text(before + text)
        } else {
            open[last].content.append(.text(text))
        }
    }

    fileprivate func end() {
        guard error == nil, let element = open.popLast() else { return }
        if let last = open.indices.last {
            open[last].content.append(.element(element))
        } else {
            root = element
        }
    }
}

// MARK: - What libxml2 calls

extension Document {
    /// The document behind a callback's `userData`.
    private static func of(_ userData: UnsafeMutableRawPointer?) -> Document? {
        userData.map { Unmanaged<Document>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let characters: charactersSAXFunc = { userData, text, count in
        guard let text, count > 0 else { return }
        let bytes = UnsafeBufferPointer(start: text, count: Int(count))
        Document.of(userData)?.text(String(decoding: bytes, as: UTF8.self))
    }

    fileprivate static var handler: xmlSAXHandler {
        var handler = xmlSAXHandler()
        // Without it libxml2 calls none of the callbacks that know namespaces.
        handler.initialized = XML_SAX2_MAGIC
        handler.startElementNs = {
            userData, local, prefix, namespace, declarations, _, count, _, attributes in
            guard let local, let document = Document.of(userData) else { return }
            let name = XMLName(
                namespace: namespace.map { String(cString: $0) } ?? "",
                local: String(cString: local))
            let total = Int(count) + Int(declarations)
            document.start(
                name, prefix: prefix.map { String(cString: $0) }, attributeCount: total
            ) {
                Document.attributes(attributes, count: Int(count))
            }
        }
        handler.endElementNs = { userData, _, _, _ in Document.of(userData)?.end() }
        handler.characters = characters
        // The same as `characters`, else libxml2 guesses which white space matters.
        handler.ignorableWhitespace = characters
        handler.internalSubset = { userData, _, _, _ in
            Document.of(userData)?.fail(.documentType, "a document type declaration")
        }
        handler.serror = { userData, error in
            guard let error, error.pointee.level != XML_ERR_WARNING else { return }
            let message = error.pointee.message.map { String(cString: $0) } ?? "not well-formed"
            Document.of(userData)?.fail(
                .notWellFormed, line: Int(error.pointee.line), message.trimmingLineEnd())
        }
        return handler
    }

    /// Five pointers an attribute: local name, prefix, namespace, start and end of the value.
    private static func attributes(
        _ list: UnsafeMutablePointer<UnsafePointer<xmlChar>?>?, count: Int
    ) -> [XMLAttribute] {
        guard let list else { return [] }
        return (0..<count).compactMap { index in
            let part = list + index * 5
            guard let local = part[0], let start = part[3], let end = part[4] else { return nil }
            let value = UnsafeBufferPointer(start: start, count: end - start)
            return XMLAttribute(
                XMLName(
                    namespace: part[2].map { String(cString: $0) } ?? "",
                    local: String(cString: local)),
                prefix: part[1].map { String(cString: $0) },
                value: String(decoding: value, as: UTF8.self))
        }
    }
}

extension String {
    fileprivate func trimmingLineEnd() -> String {
        last?.isNewline == true ? String(dropLast()) : self
    }
}
