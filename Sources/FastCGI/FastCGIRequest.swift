private import CFastCGI
import Glibc

/// libfcgi's state of the request a thread is working on, used again for each.
///
/// On the heap and never moved: libfcgi's streams point back into it. libfcgi is given the records
/// before a body, once they were found right, in a file of ours; it never reads from a connection.
final class FastCGIRequest {
    private let cell: UnsafeMutablePointer<FCGX_Request>
    private let output = OutputBuffer()
    private let stream: RequestStream
    /// Made when it is needed.
    private var headFile: HeadFile?
    private var descriptor: Int32 = -1

    /// Makes libfcgi ready, once in a process.
    private static let library: Int32 = FCGX_Init()

    /// - Parameter headPatience: seconds in which everything before a body has to have come.
    init(headPatience: Int) {
        stream = RequestStream(headPatience: headPatience)
        precondition(Self.library == 0, "FCGX_Init has nothing that can fail but its first malloc")
        cell = .allocate(capacity: 1)
        // No listening socket: libfcgi must not accept by itself, ever.
        FCGX_InitRequest(cell, -1, 0)
    }

    deinit { cell.deallocate() }

    /// What a connection is good for afterwards.
    enum Aftermath {
        /// Nothing had come: it is as it was.
        case idle
        /// It may carry another request.
        case kept
        /// Something of another request has come already: `serve` again.
        case more
        /// It is to be closed.
        case done
    }

    /// Begins with another connection.
    func open(_ descriptor: Int32) {
        self.descriptor = descriptor
        stream.open(descriptor)
    }

    /// Reads one request and has it answered.
    func serve(by handler: any RequestHandler) throws(Refusal) -> Aftermath {
        switch try stream.nextHead() {
        case .nothing: return .idle
        case .end: return .done
        case .head(let head): return try answer(head, handler)
        }
    }

    private func answer(
        _ head: RequestStream.Head, _ handler: any RequestHandler
    ) throws(Refusal) -> Aftermath {
        let file = try openHeadFile()
        cell.pointee.ipcFd = file.descriptor(holding: head.records)
        // FCGX_Accept_r would close the descriptor first, thinking it had been used.
        cell.pointee.keepConnection = 1
        // Otherwise libfcgi waits for a peer when it closes after an error.
        cell.pointee.detached = 1
        guard FCGX_Accept_r(cell) == 0 else {
            file.giveAway()
            headFile = nil
            throw .library
        }
        let exchange = Exchange(environment: cell.pointee.envp, input: stream, output: output)
        output.begin(descriptor: descriptor, framing: .fastCGI(requestID: head.requestID))
        handler.respond(to: exchange)
        let isReusable = exchange.conclude() && head.keepsConnection
        // The answer's last records are written: free the streams without their closing.
        FCGX_Free(cell, 0)
        if let refusal = stream.refusal { throw refusal }
        guard isReusable else { return .done }
        return stream.hasMore ? .more : .kept
    }

    private func openHeadFile() throws(Refusal) -> HeadFile {
        if let headFile { return headFile }
        do throws(SystemError) {
            let file = try HeadFile(capacity: RequestStream.headLimit)
            headFile = file
            return file
        } catch {
            throw .memory(error)
        }
    }
}
