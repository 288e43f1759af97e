package dev.mbank.server;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.targetOwner;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameStartingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.domain.properties.HasName;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.time.Clock;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;

/** The map of the house: who may know whom, and what each package may use. */
@AnalyzeClasses(
    packages = ArchitectureTest.SERVER,
    importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  static final String SERVER = "dev.mbank.server";
  private static final String LEDGER = SERVER + ".ledger";
  private static final String COMMIT = SERVER + ".commit";
  private static final String STORE = SERVER + ".store";
  private static final String SECURITY = SERVER + ".security";
  private static final String GRPC = SERVER + ".grpc";
  private static final String OBSERVABILITY = SERVER + ".observability";
  private static final String MIGRATE = SERVER + ".migrate";
  private static final String SETTINGS = SERVER + ".settings";

  @ArchTest
  static void packages_dependOnlyAlongTheArrows(JavaClasses classes) {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("start")
        .definedBy(SERVER)
        .layer("settings")
        .definedBy(SETTINGS)
        .layer("ledger")
        .definedBy(LEDGER)
        .layer("commit")
        .definedBy(COMMIT)
        .layer("store")
        .definedBy(STORE)
        .layer("security")
        .definedBy(SECURITY)
        .layer("grpc")
        .definedBy(GRPC)
        .layer("observability")
        .definedBy(OBSERVABILITY)
        .layer("migrate")
        .definedBy(MIGRATE)
        .whereLayer("start")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("settings")
        .mayNotAccessAnyLayer()
        .whereLayer("ledger")
        .mayNotAccessAnyLayer()
        .whereLayer("commit")
        .mayOnlyBeAccessedByLayers("store", "grpc", "observability")
        .whereLayer("security")
        .mayOnlyBeAccessedByLayers("grpc", "observability")
        .whereLayer("store")
        .mayOnlyBeAccessedByLayers("migrate")
        .whereLayer("grpc")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("migrate")
        .mayOnlyBeAccessedByLayers("start")
        .whereLayer("observability")
        .mayOnlyBeAccessedByLayers("start")
        .ensureAllClassesAreContainedInArchitecture()
        .check(classes);
  }

  @ArchTest
  static void packages_haveNoCycles(JavaClasses classes) {
    slices().matching("dev.mbank.(**)").should().beFreeOfCycles().check(classes);
  }

  @ArchTest
  static void packages_areNullMarked(JavaClasses classes) {
    assertThat(classes.stream().map(JavaClass::getPackage).collect(Collectors.toSet()))
        .filteredOn(java -> !java.isAnnotatedWith(NullMarked.class))
        .extracting(JavaPackage::getName)
        .as("packages without @NullMarked")
        .isEmpty();
  }

  @ArchTest
  static void ledger_dependsOnlyOnJavaAndJspecify(JavaClasses classes) {
    classes()
        .that()
        .resideInAPackage(LEDGER)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(LEDGER, "java..", "org.jspecify..")
        .check(classes);
  }

  @ArchTest
  static void ledger_doesNoInputOrOutput(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAPackage(LEDGER)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "java.io..", "java.nio.file..", "java.net..")
        .check(classes);
  }

  @ArchTest
  static void ledger_knowsNoThreadAndNoChance(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAPackage(LEDGER)
        .should()
        .dependOnClassesThat(assignableTo(Thread.class).or(assignableTo(RandomGenerator.class)))
        .orShould()
        .accessTargetWhere(isCalled(UUID.class, name("randomUUID")))
        .orShould()
        .accessTargetWhere(isCalled(Math.class, name("random")))
        .check(classes);
  }

  @ArchTest
  static void ledger_readsNoClock(JavaClasses classes) {
    noClasses()
        .that()
        .resideInAPackage(LEDGER)
        .should()
        .accessTargetWhere(isCalled(Clock.class, nameStartingWith("system")))
        .orShould()
        .accessTargetWhere(targetOwner(resideInAPackage("java.time..")).and(target(name("now"))))
        .orShould()
        .accessTargetWhere(isCalled(System.class, name("currentTimeMillis")))
        .orShould()
        .accessTargetWhere(isCalled(System.class, name("nanoTime")))
        .check(classes);
  }

  @ArchTest
  static void javaSql_isUsedOnlyByStore(JavaClasses classes) {
    for (String sql :
        List.of(
            "java.sql..",
            "javax.sql..",
            "org.sqlite..",
            "org.flywaydb..",
            "com.zaxxer..",
            "org.springframework.jdbc..")) {
      onlyIn(new String[] {STORE}, sql, classes);
    }
  }

  @ArchTest
  static void ioGrpc_isUsedOnlyByGrpcAndSecurity(JavaClasses classes) {
    onlyIn(new String[] {GRPC, SECURITY}, "io.grpc..", classes);
  }

  @ArchTest
  static void starter_isUsedOnlyByGrpc(JavaClasses classes) {
    onlyIn(new String[] {GRPC}, "net.devh..", classes);
  }

  @ArchTest
  static void generatedStubs_areUsedOnlyByGrpc(JavaClasses classes) {
    onlyIn(new String[] {GRPC}, "dev.mbank.v1..", classes);
  }

  @ArchTest
  static void fields_areNotInjected(JavaClasses classes) {
    NO_CLASSES_SHOULD_USE_FIELD_INJECTION.check(classes);
  }

  @ArchTest
  static void classes_areNamedForWhatTheyAre(JavaClasses classes) {
    noClasses().should().haveNameMatching(".*(Utils?|Helper|D[Tt][Oo])").check(classes);
  }

  private static void onlyIn(String[] packages, String used, JavaClasses classes) {
    noClasses()
        .that()
        .resideOutsideOfPackages(packages)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(used)
        .check(classes);
  }

  /** A call or a method reference. */
  private static DescribedPredicate<JavaAccess<?>> isCalled(
      Class<?> owner, DescribedPredicate<HasName> method) {
    return targetOwner(assignableTo(owner)).and(target(method));
  }
}
