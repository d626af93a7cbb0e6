import Glibc
import Synchronization

/// Lets one thread through at a time and a few wait for a short while.
///
/// The permit is a byte in a pipe: unlike a condition variable that is two plain numbers, and it can
/// be waited for with a limit. The pipe is made at first use, so that processes which fork before it
/// have one each.
final class Turnstile: Sendable {
    private let state = Mutex(State())
    private let maxWaiting: Int

    private struct State {
        var waiting = 0
        var pipe: Pipe?
    }

    private struct Pipe {
        let readEnd: Int32
        let writeEnd: Int32
    }

    init(maxWaiting: Int) { self.maxWaiting = maxWaiting }

    deinit {
        guard let pipe = state.withLock({ $0.pipe }) else { return }
        close(pipe.readEnd)
        close(pipe.writeEnd)
    }

    /// Runs `body` once nobody else is inside; nil where too many wait already, or after
    /// `milliseconds` of waiting.
    func pass<Result>(within milliseconds: Int64, _ body: () -> Result) -> Result? {
        // Where no descriptor is left, nobody can be let through.
        guard let pipe = opened(), take(from: pipe, within: milliseconds) else { return nil }
        defer { put(into: pipe) }
        return body()
    }

    private func opened() -> Pipe? {
        state.withLock { state in
            if let pipe = state.pipe { return pipe }
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { return nil }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            _ = fcntl(ends[0], F_SETFL, O_NONBLOCK)
            let new = Pipe(readEnd: ends[0], writeEnd: ends[1])
            put(into: new)
            state.pipe = new
            return new
        }
    }

    private func take(from pipe: Pipe, within milliseconds: Int64) -> Bool {
        if takeNow(from: pipe) { return true }
        let mayWait = state.withLock { state in
            guard state.waiting < maxWaiting else { return false }
            state.waiting += 1
            return true
        }
        guard mayWait else { return false }
        defer { state.withLock { $0.waiting -= 1 } }
        let end = Clock.milliseconds + milliseconds
        while case let rest = end - Clock.milliseconds, rest > 0 {
            var entry = pollfd(fd: pipe.readEnd, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, Int32(clamping: rest))
            // Somebody else may have been faster.
            if takeNow(from: pipe) { return true }
        }
        return false
    }

    private func takeNow(from pipe: Pipe) -> Bool {
        var permit: UInt8 = 0
        return read(pipe.readEnd, &permit, 1) == 1
    }

    private func put(into pipe: Pipe) {
        var permit: UInt8 = 1
        // One byte in an empty pipe: only a signal can be in the way.
        while write(pipe.writeEnd, &permit, 1) < 0, errno == EINTR {}
    }
}
