import Synchronization
import WebDAV
import XML

/// What bodies of PROPFIND ask for, by their bytes: a client sends the same few again and again, and to
/// read one takes as long as to answer it.
enum PropfindBodies {
    /// Of longer ones nothing is kept, and of no more than so many different ones.
    private static let longest = 2048
    private static let most = 64

    private static let known = Mutex<[ByteKey: AskedProperties]>([:])

    /// Reads the request's; nil where there is none.
    static func properties(askedBy context: Context) throws(RequestError) -> AskedProperties? {
        let limit = context.settings.maxXMLSize
        let body = ByteKey(bytes: try context.request.readBytesOfXML(limit: limit))
        if let asked = known.withLock({ $0[body] }) { return asked }
        guard let root = try Request.xml(in: body.bytes, limit: limit) else { return nil }
        let asked = AskedProperties(try PropertySelection(propfind: root))
        if body.bytes.count <= longest {
            known.withLock { known in
                if known.count >= most { known = [:] }
                known[body] = asked
            }
        }
        return asked
    }
}
