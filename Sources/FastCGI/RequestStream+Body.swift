/// The STDIN stream (FastCGI 1.0 §5.3).
extension RequestStream: InputStream {
    func beginBody() {
        isBodyFinished = false
        isBroken = false
        refusal = nil
        content = 0..<0
        contentRest = 0
        paddingRest = 0
        isLastRecord = false
        bodyBegan = nil
        bodyBytes = 0
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        var count = 0
        while count < buffer.count, !isBodyFinished {
            guard !content.isEmpty else {
                nextContent()
                continue
            }
            let step = min(content.count, buffer.count - count)
            UnsafeMutableRawBufferPointer(rebasing: buffer[count..<count + step]).copyMemory(
                from: UnsafeRawBufferPointer(start: memory + content.lowerBound, count: step))
            count += step
            content = content.lowerBound + step..<content.upperBound
        }
        return count
    }

    /// Goes on to the next piece of the body, or to its end.
    private func nextContent() {
        do throws(Refusal) {
            let hasMore = try contentRest + paddingRest > 0 ? takePiece() : takeHeader()
            if !hasMore { breakOff(nil) }
        } catch {
            breakOff(error)
        }
    }

    /// Takes what has come of the current record; false: the connection's end.
    private func takePiece() throws(Refusal) -> Bool {
        if position == end, try !readMore() { return false }
        let size = min(contentRest, end - position)
        content = position..<position + size
        contentRest -= size
        bodyBytes += size
        position += size
        let padding = contentRest == 0 ? min(paddingRest, end - position) : 0
        paddingRest -= padding
        position += padding
        isBodyFinished = isLastRecord && paddingRest == 0
        return true
    }

    /// Begins with the next record; false: the body breaks off.
    private func takeHeader() throws(Refusal) -> Bool {
        guard let header = try nextHeader() else { return false }
        guard header.type == RecordType.stdin, header.requestID == head?.requestID else {
            return try passOver()
        }
        position += RecordHeader.size
        contentRest = header.contentLength
        paddingRest = header.paddingLength
        isLastRecord = contentRest == 0
        isBodyFinished = isLastRecord && paddingRest == 0
        return true
    }

    /// Passes over a record that is none of the body's; false: it aborts the request.
    private func passOver() throws(Refusal) -> Bool {
        guard let record = try nextRecord() else { return false }
        guard try isForeign(record) else {
            if record.type == RecordType.abortRequest { return false }
            throw .type(record.type)
        }
        position += record.recordLength
        return true
    }

    private func breakOff(_ refusal: Refusal?) {
        self.refusal = refusal
        isBroken = true
        isBodyFinished = true
    }
}
