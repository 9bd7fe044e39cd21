"""The shapes of real banks' exports, written by hand: headers and marks as theirs, rows ours."""

from __future__ import annotations

import pytest

from shared.errors import UnreadableStatement
from shared.statements.registry import read_statement_file

READ: dict[str, tuple[str, list[int], str]] = {
    "chase checking": (
        (
            "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\n"
            'DEBIT,01/16/2024,"SHOP",-12.50,ACH_DEBIT,987.50,,\n'
            'CREDIT,01/15/2024,"PAY",1000.00,ACH_CREDIT,1000.00,,\n'
        ),
        [-1250, 100000],
        "2024-01-16",
    ),
    "chase card": (
        (
            "Transaction Date,Post Date,Description,Category,Type,Amount,Memo\n"
            "01/14/2024,01/15/2024,SHOP,Shopping,Sale,-54.10,\n"
            "01/12/2024,01/13/2024,Payment Thank You,,Payment,250.00,\n"
        ),
        [-5410, 25000],
        "2024-01-15",
    ),
    "capital one": (
        (
            "Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit\n"
            "2024-01-14,2024-01-15,1234,SHOP,Dining,54.10,\n"
            "2024-01-20,2024-01-20,1234,PYMT,Payment,,250.00\n"
        ),
        [-5410, 25000],
        "2024-01-15",
    ),
    "wells fargo": (
        ('"01/16/2024","-12.50","*","","SHOP"\n"01/15/2024","1000.00","*","","PAYROLL"\n'),
        [-1250, 100000],
        "2024-01-16",
    ),
    "discover": (
        (
            "Trans. Date,Post Date,Description,Amount,Category\n"
            '01/14/2024,01/15/2024,"SHOP",54.10,"Supermarkets"\n'
        ),
        [5410],
        "2024-01-15",
    ),
    "barclays": (
        (
            "Number,Date,Account,Amount,Subcategory,Memo\n"
            "\t,15/01/2024,20-00-00 12345678,-12.50,Debit,SHOP\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "lloyds": (
        (
            "Transaction Date,Transaction Type,Sort Code,Account Number,Transaction Descrip"
            "tion,Debit Amount,Credit Amount,Balance\n"
            "16/01/2024,DEB,'11-22-33,12345678,SHOP,12.50,,987.50\n"
            "15/01/2024,BGC,'11-22-33,12345678,PAY,,1000.00,1000.00\n"
        ),
        [-1250, 100000],
        "2024-01-16",
    ),
    "natwest": (
        (
            "Date, Type, Description, Value, Balance, Account Name, Account Number\n"
            '16/01/2024,POS,"\'SHOP",-12.50,987.50,"\'JANE","\'112233-12345678",\n'
        ),
        [-1250],
        "2024-01-16",
    ),
    "monzo": (
        (
            "Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount"
            ",Local currency,Notes and #tags,Address,Receipt,Description,Category split,Mon"
            "ey Out,Money In\n"
            "tx_1,15/01/2024,10:11:12,Card payment,Shop,,Groceries,-12.50,GBP,-12.50,GBP,,,"
            ",SHOP LONDON,,-12.50,\n"
            "tx_2,16/01/2024,10:11:12,Faster payment,Jane,,Income,50.00,GBP,50.00,GBP,,,,JA"
            "NE,,,50.00\n"
        ),
        [-1250, 5000],
        "2024-01-15",
    ),
    "starling": (
        (
            "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category"
            ",Notes\n"
            "15/01/2024,Shop,REF,CONTACTLESS,-12.50,987.50,GROCERIES,\n"
            "16/01/2024,Jane,X,FASTER PAYMENT,10.00,997.50,INCOME,\n"
        ),
        [-1250, 1000],
        "2024-01-15",
    ),
    "hsbc": (
        ('15/01/2024,SHOP,-12.50\n16/01/2024,PAY,"1,000.00"\n'),
        [-1250, 100000],
        "2024-01-15",
    ),
    "n26": (
        (
            '"Date","Payee","Account number","Transaction type","Payment reference","Amount'
            ' (EUR)","Amount (Foreign Currency)","Type Foreign Currency","Exchange Rate"\n'
            '"2024-01-15","Shop","","MasterCard Payment","","-12.5","-12.5","EUR","1.0"\n'
            '"2024-01-16","Jane","DE89370400440532013000","Income","hi","50.0","","",""\n'
        ),
        [-1250, 5000],
        "2024-01-15",
    ),
    "dkb": (
        (
            '"Girokonto";"DE89370400440532013000"\n'
            '""\n'
            '"Kontostand vom 31.01.2024:";"1.234,56 €"\n'
            '""\n'
            '"Buchungsdatum";"Wertstellung";"Status";"Zahlungspflichtige*r";"Zahlungsempfän'
            'ger*in";"Verwendungszweck";"Umsatztyp";"IBAN";"Betrag (€)";"Gläubiger-ID";"Man'
            'datsreferenz";"Kundenreferenz"\n'
            '"31.01.24";"31.01.24";"Gebucht";"ISSUER";"Shop";"x";"Ausgang";"DE0212030000000'
            '0202051";"-12,50";"";"";""\n'
        ),
        [-1250],
        "2024-01-31",
    ),
    "ing de": (
        (
            "Umsatzanzeige;Datei erstellt am: 01.02.2024 10:00\n"
            "\n"
            "IBAN;DE89 3704 0044 0532 0130 00\n"
            "Kontoname;Girokonto\n"
            "Bank;ING\n"
            "Kunde;X\n"
            "Zeitraum;01.01.2024 - 31.01.2024\n"
            "Saldo;1.000,00;EUR\n"
            "\n"
            "Sortierung;Datum absteigend\n"
            "\n"
            "In der CSV-Datei finden Sie alle bereits gebuchten Umsätze.\n"
            "\n"
            "Buchung;Valuta;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währ"
            "ung;Betrag;Währung\n"
            "31.01.2024;31.01.2024;Shop;Lastschrift;x;1.000,00;EUR;-12,50;EUR\n"
            "30.01.2024;30.01.2024;Pay;Gutschrift;y;1.012,50;EUR;500,00;EUR\n"
        ),
        [-1250, 50000],
        "2024-01-31",
    ),
    "comdirect": (
        (
            ";\n"
            '"Umsätze Girokonto";"Zeitraum: 30 Tage";\n'
            '"Neuer Kontostand";"1.000,00 EUR";\n'
            "\n"
            '"Buchungstag";"Wertstellung (Valuta)";"Vorgang";"Buchungstext";"Umsatz in EUR"'
            ";\n"
            '"31.01.2024";"31.01.2024";"Lastschrift";"Auftraggeber: Shop Buchungstext: x";"'
            '-12,50";\n'
            "\n"
            '"Alter Kontostand";"1.012,50 EUR";\n'
        ),
        [-1250],
        "2024-01-31",
    ),
    "postbank": (
        (
            "Buchungstag;Wert;Umsatzart;Begünstigter / Auftraggeber;Verwendungszweck;IBAN;B"
            "IC;Kundenreferenz;Mandatsreferenz;Gläubiger ID;Fremde Gebühren;Betrag;Abweiche"
            "nder Empfänger;Anzahl der Aufträge;Anzahl der Schecks;Soll;Haben;Währung\n"
            "31.1.2024;31.1.2024;SEPA Lastschrift;Shop;x;DE02120300000000202051;;;;;;-12,50"
            ";;;;-12,50;;EUR\n"
        ),
        [-1250],
        "2024-01-31",
    ),
    "volksbank": (
        (
            "Bezeichnung Auftragskonto;IBAN Auftragskonto;BIC Auftragskonto;Bankname Auftra"
            "gskonto;Buchungstag;Valutadatum;Name Zahlungsbeteiligter;IBAN Zahlungsbeteilig"
            "ter;BIC (SWIFT-Code) Zahlungsbeteiligter;Buchungstext;Verwendungszweck;Betrag;"
            "Waehrung;Saldo nach Buchung;Bemerkung;Gekennzeichneter Umsatz;Glaeubiger ID;Ma"
            "ndatsreferenz\n"
            "Konto;DE89370400440532013000;X;VB;31.01.2024;31.01.2024;Shop;DE021203000000002"
            "02051;Y;Basislastschrift;x;-12,50;EUR;987,50;;;;\n"
        ),
        [-1250],
        "2024-01-31",
    ),
    "ubs": (
        (
            "Kontonummer:;0230 00012345.67;\n"
            "IBAN:;CH93 0076 2011 6238 5295 7;\n"
            "Von:;2024-01-01;\n"
            "Bis:;2024-01-31;\n"
            "Anfangssaldo:;1000.00;\n"
            "Schlusssaldo:;987.50;\n"
            "Bewertet in:;CHF;\n"
            "Anzahl Transaktionen in diesem Zeitraum:;1;\n"
            "\n"
            "Abschlussdatum;Abschlusszeit;Buchungsdatum;Valutadatum;Währung;Belastung;Gutsc"
            "hrift;Einzelbetrag;Saldo;Transaktions-Nr.;Beschreibung1;Beschreibung2;Beschrei"
            "bung3;Fussnoten;\n"
            "2024-01-15;10:00:00;2024-01-15;2024-01-15;CHF;-12.50;;;987.50;9930015;Shop;Zah"
            "lung;x;;\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "postfinance": (
        (
            'Datum von:;="2024-01-01"\n'
            "Buchungsart:;Alle\n"
            "Konto:;CH9300762011623852957\n"
            "Währung:;CHF\n"
            "\n"
            "Datum;Bewegungstyp;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Label;"
            "Kategorie\n"
            "15.01.2024;Zahlung;Shop;;-12.50;;\n"
            "16.01.2024;Lohn;Pay;500;;;\n"
        ),
        [-1250, 50000],
        "2024-01-15",
    ),
    "raiffeisen ch": (
        (
            "IBAN;Booked At;Text;Credit/Debit Amount;Balance;Valuta Date\n"
            "CH9300762011623852957;2024-01-15 00:00:00.0;Shop;-12.50;987.50;2024-01-15 00:0"
            "0:00.0\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "bnp": (
        (
            "Crédit;Compte de chèques;****1234;31/01/2024;;1 000,00\n"
            "Date operation;Libelle court;Type operation;Libelle operation;Montant operatio"
            "n en euro\n"
            "15/01/2024;CARTE;Carte;SHOP;-12,50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "socgen": (
        (
            '="00012345678";01/01/2024;31/01/2024;2;31/01/2024;1 000,00 EUR\n'
            "\n"
            "date_comptabilisation;libellé_complet_operation;montant_operation;devise;\n"
            "15/01/2024;SHOP;-12,50;EUR;\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "credit agricole": (
        (
            "Téléchargement du 31/01/2024;\n"
            "\n"
            "M. X\n"
            "Compte de Dépôt carte n° 12345678901;\n"
            "Solde au 31/01/2024 1 000,00 €\n"
            "\n"
            "Liste des opérations du compte entre le 01/01/2024 et le 31/01/2024;\n"
            "\n"
            "Date;Libellé;Débit euros;Crédit euros;\n"
            '15/01/2024;"SHOP ";12,50;;\n'
            '16/01/2024;"PAY";;500,00;\n'
        ),
        [-1250, 50000],
        "2024-01-15",
    ),
    "bbva": (
        (
            "F.Valor;Fecha;Concepto;Movimiento;Importe;Divisa;Disponible;Divisa;Observacion"
            "es\n"
            "15/01/2024;15/01/2024;SHOP;Pago;-12,50;EUR;987,50;EUR;x\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "caixabank": (
        (
            "Fecha;Fecha valor;Movimiento;Más datos;Importe;Saldo\n"
            "15/01/2024;15/01/2024;SHOP;x;-12,50EUR;987,50EUR\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "ing nl": (
        (
            '"Datum";"Naam / Omschrijving";"Rekening";"Tegenrekening";"Code";"Af Bij";"Bedr'
            'ag (EUR)";"Mutatiesoort";"Mededelingen";"Saldo na mutatie";"Tag"\n'
            '"20240116";"Shop";"NL91ABNA0417164300";"";"BA";"Af";"12,50";"Betaalautomaat";"'
            'x";"987,50";""\n'
            '"20240115";"Pay";"NL91ABNA0417164300";"NL33ABNA0123456789";"OV";"Bij";"1000,00'
            '";"Overschrijving";"y";"1000,00";""\n'
        ),
        [-1250, 100000],
        "2024-01-16",
    ),
    "rabobank": (
        (
            '"IBAN/BBAN","Munt","BIC","Volgnr","Datum","Rentedatum","Bedrag","Saldo na trn"'
            ',"Tegenrekening IBAN/BBAN","Naam tegenpartij","Naam uiteindelijke partij","Naa'
            'm initiërende partij","BIC tegenpartij","Code","Batch ID","Transactiereferenti'
            'e","Machtigingskenmerk","Incassant ID","Betalingskenmerk","Omschrijving-1","Om'
            'schrijving-2","Omschrijving-3","Reden retour","Oorspr bedrag","Oorspr munt","K'
            'oers"\n'
            '"NL91RABO0417164300","EUR","RABONL2U","000000000000000001","2024-01-15","2024-'
            '01-15","-12,50","+987,50","","Shop","","","","bc","","","","","","x","","","",'
            '"","",""\n'
        ),
        [-1250],
        "2024-01-15",
    ),
    "intesa": (
        (
            "Data,Operazione,Dettagli,Conto o carta,Contabilizzazione,Categoria ,Valuta,Imp"
            "orto\n"
            "15/01/2024,SHOP,x,Conto 1,CONTABILIZZATO,Spesa,EUR,-12.50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "unicredit": (
        (
            "Data Registrazione;Data valuta;Descrizione;Importo (EUR)\n"
            "15.01.2024;15.01.2024;SHOP;-12,50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "millennium pt": (
        (
            "Data lançamento;Data valor;Descrição;Montante;Tipo;Saldo\n"
            "15-01-2024;15-01-2024;SHOP;-12,50;Débito;987,50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "cgd": (
        (
            "Consultar saldos e movimentos à ordem - 31-01-2024\n"
            "\n"
            "Conta ;0123 - EUR - Conta\n"
            "\n"
            "Data mov. ;Data valor ;Descrição ;Débito ;Crédito ;Saldo contabilístico ;Saldo"
            " disponível ;Categoria ;\n"
            "15-01-2024;15-01-2024;SHOP;12,50;;987,50;987,50;Diversos;\n"
            "16-01-2024;16-01-2024;PAY;;10,00;997,50;997,50;Diversos;\n"
        ),
        [-1250, 1000],
        "2024-01-15",
    ),
    "nubank": (
        (
            "Data,Valor,Identificador,Descrição\n"
            "15/01/2024,-12.50,abc-1,SHOP\n"
            "16/01/2024,10.00,abc-2,Pix\n"
        ),
        [-1250, 1000],
        "2024-01-15",
    ),
    "dnb": (
        (
            '"Dato";"Forklaring";"Rentedato";"Ut fra konto";"Inn på konto"\n'
            '"15.01.2024";"SHOP";"15.01.2024";"12,50";""\n'
            '"16.01.2024";"PAY";"16.01.2024";"";"500"\n'
        ),
        [-1250, 50000],
        "2024-01-15",
    ),
    "sparebank1": (
        (
            "Dato;Beskrivelse;Rentedato;Inn;Ut;Til konto;Fra konto;\n"
            "15.01.2024;SHOP;15.01.2024;;-12,50;;12345678901;\n"
            "16.01.2024;PAY;16.01.2024;500,00;;12345678901;;\n"
        ),
        [-1250, 50000],
        "2024-01-15",
    ),
    "nordea fi": (
        (
            "Kirjauspäivä;Määrä;Maksaja;Maksunsaaja;Nimi;Otsikko;Viitenumero;Saldo;Valuutta\n"
            "2024/01/15;-12,50;FI11;;Shop;SHOP;;987,50;EUR\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "nordea dk": (
        (
            "Bogføringsdato;Beløb;Afsender;Modtager;Navn;Beskrivelse;Saldo;Valuta;Afstemt\n"
            "2024/01/15;-12,50;1234 5678;;Shop;Dankort;987,50;DKK;\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "mbank": (
        (
            "mBank S.A. Bankowość Detaliczna;\n"
            "\n"
            "#Klient;\n"
            "JAN;\n"
            "\n"
            "Lista operacji;\n"
            "\n"
            "#Za okres:;\n"
            "01.01.2024;31.01.2024;\n"
            "\n"
            "#Data operacji;#Opis operacji;#Rachunek;#Kategoria;#Kwota;\n"
            '2024-01-15;"SHOP";"eKonto 1234";"Jedzenie";-12,50 PLN;;\n'
        ),
        [-1250],
        "2024-01-15",
    ),
    "pko": (
        (
            '"Data operacji","Data waluty","Typ transakcji","Kwota","Waluta","Saldo po tran'
            'sakcji","Opis transakcji","","","",""\n'
            '"2024-01-15","2024-01-14","Płatność kartą","-12.50","PLN","+987.50","Tytuł: 1"'
            ',"Lokalizacja: x","","",""\n'
        ),
        [-1250],
        "2024-01-15",
    ),
    "ing pl": (
        (
            '"Lista transakcji"\n'
            "\n"
            '"Data transakcji";"Data księgowania";"Dane kontrahenta";"Tytuł";"Nr rachunku";'
            '"Nazwa banku";"Szczegóły";"Nr transakcji";"Kwota transakcji (waluta rachunku)"'
            ';"Waluta";"Kwota blokady/zwolnienie blokady";"Waluta";"Kwota płatności w waluc'
            'ie";"Waluta";"Konto";"Saldo po transakcji";"Waluta"\n'
            '2024-01-15;2024-01-15;"SHOP";"x";"";"";"";"2024";-12,50;PLN;;;;;"Konto";987,50'
            ";PLN\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "swedbank": (
        (
            "Radnummer,Clearingnummer,Kontonummer,Produkt,Valuta,Bokföringsdag,Transaktions"
            "dag,Valutadag,Referens,Beskrivning,Belopp,Bokfört saldo\n"
            "1,8327,1234567,Privatkonto,SEK,2024-01-15,2024-01-15,2024-01-15,x,SHOP,-12.50,"
            "987.50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "danske": (
        (
            '"Dato";"Tekst";"Beløb";"Saldo";"Status";"Afstemt"\n'
            '"15.01.2024";"SHOP";"-12,50";"987,50";"Udført";"Nej"\n'
        ),
        [-1250],
        "2024-01-15",
    ),
    "wise": (
        (
            '"TransferWise ID",Date,"Date Time",Amount,Currency,Description,"Payment Refere'
            'nce","Running Balance","Exchange From","Exchange To","Exchange Rate","Payer Na'
            'me","Payee Name","Payee Account Number",Merchant,"Card Last Four Digits","Card'
            ' Holder Full Name",Attachment,Note,"Total fees","Exchange To Amount"\n'
            'CARD-1,15-01-2024,"15-01-2024 10:11:12.000",-12.50,EUR,"Card",,987.50,,,,,,,Sh'
            "op,1234,JANE,,,0.00,\n"
            'TRANSFER-2,14-01-2024,"14-01-2024 10:11:12.000",10.00,EUR,"In",X,1000.00,,,,Bo'
            "b,,,,,,,,0.00,\n"
        ),
        [-1250, 1000],
        "2024-01-15",
    ),
    "stripe payout": (
        (
            "id,Type,Source,Amount,Fee,Net,Currency,Created (UTC),Available On (UTC)\n"
            "txn_1,charge,ch_1,100.00,3.20,96.80,eur,2024-01-15 10:00,2024-01-17 00:00\n"
            "txn_2,payout,po_1,-96.80,0.00,-96.80,eur,2024-01-16 10:00,2024-01-16 10:00\n"
        ),
        [9680, -9680],
        "2024-01-15",
    ),
    "icici": (
        (
            "S No.,Value Date,Transaction Date,Cheque Number,Transaction Remarks,Withdrawal"
            " Amount (INR ),Deposit Amount (INR ),Balance (INR )\n"
            "1,15/01/2024,15/01/2024,-,UPI/SHOP,12.50,0.0,987.50\n"
            "2,16/01/2024,16/01/2024,-,NEFT,0.0,10.00,997.50\n"
        ),
        [-1250, 1000],
        "2024-01-15",
    ),
    "hdfc": (
        (
            "Date     ,Narration                ,Value Dat,Debit Amount       ,Credit Amoun"
            "t      ,Chq/Ref Number   ,Closing Balance\n"
            " 15/01/24  ,UPI-SHOP ,15/01/24 ,12.50 ,0.00 ,0000001 ,987.50\n"
        ),
        [-1250],
        "2024-01-15",
    ),
    "anz headerless": (
        ("15/01/2024,-12.50,SHOP\n16/01/2024,10.00,PAY\n"),
        [-1250, 1000],
        "2024-01-15",
    ),
    "westpac": (
        (
            "Bank Account,Date,Narrative,Debit Amount,Credit Amount,Balance,Categories,Seri"
            "al\n"
            "032000123456,15/01/2024,SHOP,12.50,,987.50,POS,\n"
            "032000123456,14/01/2024,PAY,,100.00,1000.00,DEP,\n"
        ),
        [-1250, 10000],
        "2024-01-15",
    ),
}

REFUSED: dict[str, tuple[str, str]] = {
    "amex": (
        (
            "Date,Description,Amount\n"
            "01/15/2024,SHOP,54.10\n"
            "01/20/2024,AUTOPAY PAYMENT - THANK YOU,-250.00\n"
        ),
        " could be ",
    ),
    "citi": (
        (
            "Status,Date,Description,Debit,Credit\n"
            'Cleared,01/15/2024,"SHOP",54.10,\n'
            'Cleared,01/16/2024,"PYMT",,-250.00\n'
        ),
        " could be ",
    ),
    "boursorama": (
        (
            "dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;acco"
            "untNum;accountLabel;accountbalance\n"
            '2024-01-15;2024-01-15;"SHOP";"x";"y";"shop";-12,50;;00012345678;"BOURSO";987.5'
            "0\n"
        ),
        "has a decimal point",
    ),
    "abn tab": (
        (
            "417164300\tEUR\t20240115\t1000,00\t987,50\t20240115\t-12,50\tBEA SHOP\n"
            "417164300\tEUR\t20240116\t987,50\t997,50\t20240116\t10,00\tJAN\n"
        ),
        "no header row",
    ),
    "td canada": (
        ("01/16/2024,SHOP,12.50,,987.50\n01/15/2024,PAY,,1000.00,1000.00\n"),
        "no header row",
    ),
    "rbc": (
        (
            '"Account Type","Account Number","Transaction Date","Cheque Number","Descriptio'
            'n 1","Description 2","CAD$","USD$"\n'
            'Chequing,01234-1234567,1/15/2024,,"SHOP","",-12.50,,\n'
        ),
        "no column is named as an amount",
    ),
}


@pytest.mark.parametrize("bank", READ)
def test_the_exports_of_banks_are_read(bank: str) -> None:
    text, amounts, first_date = READ[bank]
    statement = read_statement_file(text.encode(), default_currency="EUR").statements[0]
    assert [line.amount_minor for line in statement.lines] == amounts
    assert statement.lines[0].date.isoformat() == first_date
    assert all(line.description for line in statement.lines)


@pytest.mark.parametrize("bank", REFUSED)
def test_the_exports_that_do_not_decide_themselves_are_refused(bank: str) -> None:
    text, reason = REFUSED[bank]
    with pytest.raises(UnreadableStatement, match=reason):
        read_statement_file(text.encode(), default_currency="EUR")
