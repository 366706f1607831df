import java.io.*;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.CountDownLatch;

/**
 * The adapter for services on the JVM, in the idiom of its documentation: main starts the services and waits, a shutdown hook
 * (Runtime.addShutdownHook) stops them in reverse. A signal starts the JVM's shutdown, which ends with 128 + its number,
 * whatever main would have returned; a stop request is System.exit, from a thread of its own. Start and stop hold one lock, as the
 * life cycles of Spring's contexts and of Tomcat do, because hooks run beside main, which may still be starting services.
 *
 * <p>So run never returns when it was not for a failure: the process ends with the hook, and main with the process. The adapter
 * declares no runReturns, and what only such a return can show is not asked of it.
 *
 * <p>The host is {@link #run}; everything else speaks the protocol (docs/protocol.md) and plays the scripts of the plan. It needs
 * Java 17 and no library. Compile it first, {@code javac -d DIR Adapter.java}, and run {@code java -cp DIR Adapter}: a JVM that
 * compiles it at every start takes a second for that.
 */
public final class Adapter {
    static final List<String> FEATURES = List.of("stopRequest", "signals");

    // The host.

    static void run(App app) throws Exception {
        Deque<Service> started = new ArrayDeque<>(); // also the lock of the life cycle
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            synchronized (started) {
                for (Service s : started) {
                    try {
                        s.stop();
                    } catch (Exception e) {
                        e.printStackTrace(); // a hook has nobody to tell
                    }
                }
            }
        }, "shutdown"));
        synchronized (started) {
            for (Service s : app.services) {
                s.start();
                started.push(s);
            }
            app.started();
        }
        Thread.currentThread().join(); // the JVM ends when its hooks have run; main goes nowhere
    }

    // The scripted application.

    static final class AppError extends RuntimeException {
        private static final long serialVersionUID = 1;

        AppError(String message) {
            super(message);
        }
    }

    record Service(App app, String name, Map<String, Object> script) {
        void start() throws Exception {
            call(name, "start", false, () -> steps(app, name, list(script.get("start"))));
        }

        void stop() throws Exception {
            call(name, "stop", false, () -> steps(app, name, list(script.get("stop"))));
        }
    }

    static final class App {
        final Map<String, Object> plan;
        List<Service> services = List.of();

        App(Map<String, Object> plan) {
            this.plan = plan;
        }

        void build() throws Exception {
            List<Service> made = new ArrayList<>();
            for (Object o : list(plan.get("services"))) {
                Map<String, Object> s = object(o);
                Service service = new Service(this, (String) s.get("name"), s);
                emit(service.name(), "new");
                steps(this, service.name(), list(s.get("new")));
                made.add(service);
            }
            services = made;
        }

        void started() {
            emit("lifetime", "applicationStarted");
            write(Map.of("ready", true));
        }

        int main() throws Exception {
            int code = 0;
            List<Object> main = list(plan.get("main"));
            try {
                for (Object o : main.isEmpty() ? List.<Object>of(Map.of("build", true), Map.of("run", true)) : main) {
                    Map.Entry<String, Object> step = object(o).entrySet().iterator().next();
                    switch (step.getKey()) {
                        case "build" -> call("host", "build", null, this::build);
                        case "run", "runSync" -> call("host", "run", null, () -> run(this));
                        case "return" -> code = ((Number) step.getValue()).intValue();
                        default -> steps(this, "main", List.of(o));
                    }
                }
            } catch (Exception e) {
                emit("main", "threw", "outcome", outcome(e));
                if (!plan.containsKey("mainCatches")) throw e;
            }
            emit("main", "return", "detail", code);
            return code;
        }
    }

    static void steps(App app, String who, List<Object> script) throws Exception {
        for (Object o : script) {
            Map.Entry<String, Object> step = object(o).entrySet().iterator().next();
            Object arg = step.getValue();
            switch (step.getKey()) {
                case "delay", "sleep", "block" -> Thread.sleep(ms((String) arg));
                case "hang", "blockForever" -> new CountDownLatch(1).await();
                case "yield" -> Thread.yield();
                case "throw" -> throw new AppError((String) arg);
                case "mark" -> emit(who, "mark", "detail", arg);
                case "exit" -> {
                    emit("process", "exit", "phase", "begin", "detail", arg);
                    System.exit(((Number) arg).intValue()); // holds this thread for ever: hooks run on threads of their own
                }
                case "stopApplication" -> {
                    emit(who, "stopApplication", "phase", "begin");
                    new Thread(() -> System.exit(0), "stop request").start();
                    emit(who, "stopApplication", "phase", "end");
                }
                default -> throw new IllegalStateException("step " + step.getKey());
            }
        }
    }

    static final Set<String> STEPS = Set.of("delay", "sleep", "block", "hang", "blockForever", "yield", "throw", "mark", "exit", "stopApplication");
    static final Set<String> MAIN = Set.of("build", "run", "runSync", "return");

    static String unsupported(Map<String, Object> plan) {
        for (String key : plan.keySet()) {
            if (!Set.of("services", "main", "mainCatches").contains(key)) return "the JVM has no " + key;
        }
        for (Object o : list(plan.get("main"))) {
            for (String name : object(o).keySet()) {
                if (!STEPS.contains(name) && !MAIN.contains(name)) return "the step " + name + " is not known on the JVM";
            }
        }
        for (Object o : list(plan.get("services"))) {
            Map<String, Object> s = object(o);
            if (!"hosted".equals(s.getOrDefault("kind", "hosted")) || s.containsKey("watchTokens") || s.containsKey("dispose")) {
                return "the JVM has no background or lifecycle services, tokens or disposal";
            }
            for (String hook : List.of("new", "start", "stop")) {
                for (Object step : list(s.get(hook))) {
                    for (String name : object(step).keySet()) {
                        if (!STEPS.contains(name)) return "the step " + name + " is not known on the JVM";
                    }
                }
            }
        }
        return null;
    }

    static long ms(String text) {
        if (text.equals("inf")) return Long.MAX_VALUE;
        String[] units = {"ms", "us", "ns", "s", "m", "h"};
        double[] sizes = {1, 1e-3, 1e-6, 1e3, 6e4, 3.6e6};
        for (int i = 0; i < units.length; i++) {
            if (text.endsWith(units[i])) return Math.round(Double.parseDouble(text.substring(0, text.length() - units[i].length())) * sizes[i]);
        }
        throw new IllegalArgumentException(text);
    }

    // The protocol.

    static OutputStream out;
    static final long BEGUN = System.nanoTime();

    interface Body {
        void run() throws Exception;
    }

    static void call(String who, String what, Boolean token, Body body) throws Exception {
        if (token == null) emit(who, what, "phase", "begin");
        else emit(who, what, "phase", "begin", "tokenCancelled", token);
        try {
            body.run();
        } catch (Exception e) {
            emit(who, what, "phase", "end", "outcome", outcome(e));
            throw e;
        }
        emit(who, what, "phase", "end", "outcome", "ok");
    }

    static String outcome(Throwable e) {
        return e instanceof InterruptedException ? "cancelled" : "error:" + e.getMessage();
    }

    static void emit(String who, String what, Object... rest) {
        synchronized (Adapter.class) {
            Map<String, Object> event = new LinkedHashMap<>();
            event.put("ms", (System.nanoTime() - BEGUN) / 1000 / 1e3);
            event.put("who", who);
            event.put("what", what);
            for (int i = 0; i < rest.length; i += 2) event.put((String) rest[i], rest[i + 1]);
            write(event);
        }
    }

    static void write(Object message) {
        synchronized (Adapter.class) {
            try {
                out.write((json(message) + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static OutputStream open(String where) throws IOException {
        if (!where.startsWith("tcp:")) return new FileOutputStream(where); // /dev/fd/3: the JVM cannot name a descriptor
        int at = where.lastIndexOf(':');
        return new Socket(where.substring(4, at), Integer.parseInt(where.substring(at + 1))).getOutputStream();
    }

    public static void main(String[] args) throws Exception {
        String where = System.getenv("HOSTSIM_EVENTS");
        if (where == null) {
            System.err.println("This is an adapter for hostsim. Judge the host with: hostsim verify -- java -cp DIR Adapter");
            System.exit(2);
        }
        out = open(where);
        Map<String, Object> id = new LinkedHashMap<>();
        id.put("protocol", 1);
        id.put("implementation", "jvm shutdown hooks");
        id.put("version", System.getProperty("java.version"));
        id.put("language", "java");
        id.put("runtime", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        id.put("profile", "core");
        id.put("features", FEATURES);
        id.put("lanes", List.of("process"));
        id.put("reuse", false);
        write(Map.of("identity", id));
        String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        if (line == null) return;
        Map<String, Object> plan = object(object(object(new Json(line).value()).get("run")).get("plan"));
        String why = unsupported(plan);
        if (why != null) {
            write(Map.of("skip", why));
            return;
        }
        System.exit(new App(plan).main());
    }

    // As much JSON as the protocol needs.

    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object o) {
        return (Map<String, Object>) o;
    }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object o) {
        return o == null ? List.of() : (List<Object>) o;
    }

    static String json(Object o) {
        if (o instanceof Map<?, ?> m) {
            StringJoiner j = new StringJoiner(",", "{", "}");
            m.forEach((k, v) -> j.add(json(k) + ":" + json(v)));
            return j.toString();
        }
        if (o instanceof Collection<?> c) {
            StringJoiner j = new StringJoiner(",", "[", "]");
            c.forEach(v -> j.add(json(v)));
            return j.toString();
        }
        if (!(o instanceof String s)) return String.valueOf(o);
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\' || c < ' ') b.append(String.format("\\u%04x", (int) c));
            else b.append(c);
        }
        return b.append('"').toString();
    }

    static final class Json {
        final String s;
        int at;

        Json(String s) {
            this.s = s;
        }

        char next() {
            while (" \t\r\n,:".indexOf(s.charAt(at)) >= 0) at++;
            return s.charAt(at);
        }

        Object value() {
            switch (next()) {
                case '{' -> {
                    Map<String, Object> m = new LinkedHashMap<>();
                    for (at++; next() != '}'; ) {
                        String key = (String) value();
                        m.put(key, value());
                    }
                    at++;
                    return m;
                }
                case '[' -> {
                    List<Object> l = new ArrayList<>();
                    for (at++; next() != ']'; ) l.add(value());
                    at++;
                    return l;
                }
                case '"' -> {
                    return text();
                }
            }
            int start = at;
            while (at < s.length() && ",]} \t\r\n".indexOf(s.charAt(at)) < 0) at++;
            String word = s.substring(start, at);
            return switch (word) {
                case "true" -> true;
                case "false" -> false;
                case "null" -> null;
                default -> word.matches("-?\\d+") ? (Object) Long.valueOf(word) : Double.valueOf(word);
            };
        }

        String text() {
            StringBuilder b = new StringBuilder();
            for (at++; s.charAt(at) != '"'; at++) {
                if (s.charAt(at) != '\\') {
                    b.append(s.charAt(at));
                    continue;
                }
                char c = s.charAt(++at);
                int i = "nrtbf".indexOf(c);
                if (i >= 0) b.append("\n\r\t\b\f".charAt(i));
                else if (c == 'u') {
                    b.append((char) Integer.parseInt(s.substring(at + 1, at + 5), 16));
                    at += 4;
                } else b.append(c);
            }
            at++;
            return b.toString();
        }
    }
}
