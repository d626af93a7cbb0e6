/// Writes a document piece by piece into a buffer that is reused, and that into a sink.
///
/// Namespaces are declared once, on the root, and there is no default namespace; an element of
/// another namespace declares its own. An element without content is always written in the
/// self-closed form: there are clients that take `<resourcetype></resourcetype>` for a value.
///
/// Nothing but `flush` throws: whoever writes much calls `flushIfLarge` where an answer may be cut.
package final class XMLWriter {
    // No call out of this file happens while one of these two is being changed, so that no access can
    // overlap another: to look for that at each of the many small ones would cost a tenth of the time.
    @exclusivity(unchecked) private var buffer: [UInt8] = []
    /// Whether the last start tag still lacks its `>`.
    @exclusivity(unchecked) private var startTagIsOpen = false
    private let namespaces: XMLNamespaces
    private let sink: ((UnsafeRawBufferPointer) throws -> Void)?

    /// - Parameter sink: where full buffers go; nil to collect everything for `takeBytes`.
    package init(
        namespaces: XMLNamespaces, sink: ((UnsafeRawBufferPointer) throws -> Void)? = nil
    ) {
        self.namespaces = namespaces
        self.sink = sink
        buffer.reserveCapacity(sink == nil ? 1024 : XMLWriter.largeBuffer + 8192)
    }

    private static let largeBuffer = 32 * 1024

    // MARK: Elements

    /// Opens the root element, with the XML declaration before it and all namespaces declared.
    package func startDocument(_ root: XMLName) {
        raw("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
        start(root)
        for (prefix, namespace) in namespaces.declared {
            attribute("xmlns:\(prefix)", namespace)
        }
    }

    /// Opens an element; what follows is its content until `end` with the same name.
    package func start(_ name: XMLName) {
        closeStartTag()
        buffer.append(UInt8(ascii: "<"))
        appendQualified(name)
        if namespaces.prefix(of: name.namespace) == nil, !name.namespace.isEmpty {
            buffer.append(contentsOf: " xmlns:x=\"".utf8)
            appendEscaped(name.namespace, inAttribute: true)
            buffer.append(UInt8(ascii: "\""))
        }
        startTagIsOpen = true
    }

    /// - Parameter name: an attribute in no namespace; only right after `start`.
    package func attribute(_ name: String, _ value: String) {
        startTagIsOpen = false
        raw(" \(name)=\"")
        appendEscaped(value, inAttribute: true)
        raw("\"")
        startTagIsOpen = true
    }

    package func end(_ name: XMLName) {
        if startTagIsOpen {
            buffer.append(contentsOf: "/>".utf8)
            startTagIsOpen = false
        } else {
            buffer.append(contentsOf: "</".utf8)
            appendQualified(name)
            buffer.append(UInt8(ascii: ">"))
        }
    }

    /// Opens an element whose tag was rendered before.
    package func start(_ tag: XMLTag) {
        closeStartTag()
        buffer.append(contentsOf: tag.opening)
        startTagIsOpen = true
    }

    package func end(_ tag: XMLTag) {
        if startTagIsOpen {
            buffer.append(contentsOf: "/>".utf8)
            startTagIsOpen = false
        } else {
            buffer.append(contentsOf: tag.closing)
        }
    }

    package func empty(_ tag: XMLTag) {
        start(tag)
        end(tag)
    }

    package func empty(_ name: XMLName) {
        start(name)
        end(name)
    }

    package func element(_ name: XMLName, _ text: String) {
        start(name)
        self.text(text)
        end(name)
    }

    package func element(_ name: XMLName, _ content: () -> Void) {
        start(name)
        content()
        end(name)
    }

    private func appendQualified(_ name: XMLName) {
        if let prefix = namespaces.prefix(of: name.namespace) {
            buffer.append(contentsOf: prefix.utf8)
            buffer.append(UInt8(ascii: ":"))
        } else if !name.namespace.isEmpty {
            buffer.append(contentsOf: "x:".utf8)
        }
        buffer.append(contentsOf: name.local.utf8)
    }

    private func closeStartTag() {
        guard startTagIsOpen else { return }
        buffer.append(UInt8(ascii: ">"))
        startTagIsOpen = false
    }

    // MARK: Content

    /// Character data, escaped. An empty one leaves the element without content.
    package func text(_ text: String) {
        guard !text.isEmpty else { return }
        closeStartTag()
        appendEscaped(text, inAttribute: false)
    }

    /// Bytes of UTF-8, escaped; what is no UTF-8 or no character of XML is replaced.
    package func text(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        closeStartTag()
        XMLEscaping.append(bytes, to: &buffer, inAttribute: false)
    }

    package func text(_ number: Int64) {
        closeStartTag()
        buffer.append(contentsOf: String(number).utf8)
    }

    /// Markup that is right as it stands.
    package func raw(_ markup: [UInt8]) {
        guard !markup.isEmpty else { return }
        closeStartTag()
        buffer.append(contentsOf: markup)
    }

    package func raw(_ markup: UnsafeRawBufferPointer) {
        guard !markup.isEmpty else { return }
        closeStartTag()
        buffer.append(contentsOf: markup)
    }

    private func raw(_ markup: String) {
        closeStartTag()
        buffer.append(contentsOf: markup.utf8)
    }

    private func appendEscaped(_ text: String, inAttribute: Bool) {
        var text = text
        text.withUTF8 {
            XMLEscaping.append(UnsafeRawBufferPointer($0), to: &buffer, inAttribute: inAttribute)
        }
    }

    /// Lets `write` append markup or text that needs no escaping, such as a percent-encoded name.
    package func raw(_ write: (inout [UInt8]) -> Void) {
        closeStartTag()
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        write(&taken)
        swap(&taken, &buffer)
    }

    // MARK: Going back

    /// A place to return to, as long as nothing was flushed since.
    package struct Mark {
        fileprivate let count: Int
        fileprivate let startTagIsOpen: Bool
    }

    package var mark: Mark { Mark(count: buffer.count, startTagIsOpen: startTagIsOpen) }

    /// Forgets what was written since `mark`.
    package func goBack(to mark: Mark) {
        buffer.removeLast(max(0, buffer.count - mark.count))
        startTagIsOpen = mark.startTagIsOpen
    }

    // MARK: Out

    /// Hands the buffer to the sink when it has passed 32 KiB.
    package func flushIfLarge() throws {
        if buffer.count >= XMLWriter.largeBuffer { try flush() }
    }

    package func flush() throws {
        guard let sink, !buffer.isEmpty else { return }
        closeStartTag()
        var taken: [UInt8] = []
        swap(&taken, &buffer)
        defer { swap(&taken, &buffer) }
        try taken.withUnsafeBytes { try sink($0) }
        taken.removeAll(keepingCapacity: true)
    }

    /// Everything written since the last flush.
    package func takeBytes() -> [UInt8] {
        closeStartTag()
        defer { buffer = [] }
        return buffer
    }
}

/// An element's tags as bytes, for what is written once for each row of a long list.
package struct XMLTag: Sendable {
    /// Without the last `>`.
    fileprivate let opening: [UInt8]
    fileprivate let closing: [UInt8]

    package init(_ name: XMLName, _ namespaces: XMLNamespaces) {
        let writer = XMLWriter(namespaces: namespaces)
        writer.start(name)
        opening = writer.takeBytes().dropLast()
        writer.raw(opening)
        let mark = writer.mark
        writer.end(name)
        closing = Array(writer.takeBytes()[mark.count...])
    }
}

/// The namespaces a document declares on its root, with their prefixes.
package struct XMLNamespaces: Sendable {
    fileprivate let declared: [(prefix: String, namespace: String)]

    /// - Parameter declared: the prefix `x` is taken for namespaces that are not among them.
    package init(_ declared: [(prefix: String, namespace: String)]) {
        self.declared = declared
    }

    fileprivate func prefix(of namespace: String) -> String? {
        for (prefix, declared) in declared where declared == namespace { return prefix }
        return nil
    }
}
