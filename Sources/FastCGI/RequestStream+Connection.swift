private import CFastCGI
import Glibc

/// Reading from the connection, within the time there is for it.
extension RequestStream {
    /// An answer of a few bytes: who does not take even these is no web server.
    func send(_ bytes: [UInt8]) throws(Refusal) {
        let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
        let sent = bytes.withUnsafeBytes { bytes in
            retryingInterrupts { Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) }
        }
        guard sent == bytes.count else { throw .answerNotRead }
    }

    /// Reads what is there, and waits for it where a request has begun; false: the connection's end, or
    /// nothing of a request is there.
    func readMore() throws(Refusal) -> Bool {
        if !isBodyFinished { moveToFront() }
        isIdle = false
        while true {
            let size = min(Self.capacity - end, Self.readSize)
            let count = retryingInterrupts {
                recv(descriptor, memory + end, size, Int32(MSG_DONTWAIT))
            }
            if count > 0 {
                end += count
                return true
            }
            guard count < 0, errno == EAGAIN else { return false }
            isIdle = head == nil && position == end
            if isIdle { return false }
            try waitForInput()
        }
    }

    private func waitForInput() throws(Refusal) {
        let limit = timeLimit()
        guard limit > 0 else { throw .tooSlow }
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = retryingInterrupts {
            poll(&entry, 1, Int32(truncatingIfNeeded: limit))
        }
        if ready == 0 { throw .tooSlow }
    }

    /// Milliseconds that the web server may be silent for now.
    private func timeLimit() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = time.tv_sec * 1000 + time.tv_nsec / 1_000_000
        guard !isBodyFinished else {
            let deadline = deadline ?? now + headPatience * 1000
            self.deadline = deadline
            return deadline - now
        }
        let began = bodyBegan ?? now
        bodyBegan = began
        let patience = WorkerPool.patience * 1000
        return min(patience, began + patience + bodyBytes * 1000 / Self.slowestBody - now)
    }
}
